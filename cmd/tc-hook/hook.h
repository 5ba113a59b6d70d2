/* What the files of tc-hook share. */
#ifndef TC_HOOK_HOOK_H
#define TC_HOOK_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "out.h"
#include "service/profile.h"
#include "base/seen.h"
#include "signature.h"

/* libmicrohttpd's thread hears events; main's accepts connections, and waits for the end. */
struct hook {
	struct profile *profile;
	struct secrets secrets; /* none: the service does not sign */
	int64_t tolerance;      /* how far a signature's time may be from ours */
	struct out out;
	bool stdout_closed;            /* it takes no more */
	int news_fd;            /* a byte here wakes main: HOOK_LOOK, or HOOK_BROKEN */
	struct seen seen_ids;      /* ids of the events heard */
	struct buf line;
	struct post *posts;     /* events under way, the oldest last */
	size_t held;            /* bytes of their bodies */
	unsigned long written, repeated, ignored, refused;
};

enum { HOOK_LOOK = 'l', HOOK_BROKEN = 'b' };

/* Begins to take events at fd, which listens; each connection is main's to accept, by server_step(). Exits 74 if it cannot. */
struct server *httpd_start(struct hook *h, int fd);

#endif
