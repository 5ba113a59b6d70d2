/* What the files of tc-hook share. */
#ifndef TC_HOOK_HOOK_H
#define TC_HOOK_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/seen.h"
#include "out.h"
#include "service/profile.h"
#include "signature.h"

/* libmicrohttpd's thread receives events; the main thread accepts connections, and waits for a
 * signal. */
struct hook {
	struct profile *profile;
	struct secrets secrets; /* empty: the service does not sign */
	int64_t tolerance;      /* largest difference between a signature's time and ours */
	struct out out;
	bool stdout_closed;   /* nothing more can be written */
	int wake_fd;          /* a byte here wakes the main thread: HOOK_LOOK, or HOOK_BROKEN */
	struct seen seen_ids; /* of the events received */
	struct buf line;
	struct post *posts; /* requests under way, the oldest last */
	size_t held;        /* bytes that their bodies hold */
	unsigned long written, repeated, ignored, refused;
	int64_t minute_end; /* the minute that refused_in_minute counts */
	unsigned long refused_in_minute;
};

enum { HOOK_LOOK = 'l', HOOK_BROKEN = 'b' };

/* Serve events at fd, which listens; the main thread accepts connections with server_step(). Exits
 * 74 if it cannot start. */
struct server *httpd_start(struct hook *h, int fd);

#endif
