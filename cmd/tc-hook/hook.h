/* What the files of tc-hook share. */
#ifndef TC_HOOK_H
#define TC_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "profile.h"
#include "seen.h"

/* libmicrohttpd's thread hears events; main's waits for the end. */
struct hook {
	struct profile *profile;
	char *secret;          /* NULL: the service does not sign */
	int64_t tolerance;     /* how far a signature's time may be from ours */
	bool file;             /* stdout is a file: a line is durable before its event is taken */
	bool broken;           /* stdout takes no more */
	int end_fd;            /* then a byte here ends main's wait */
	struct seen known;     /* ids of the events heard */
	struct buf line;
	unsigned long written, repeated, other, refused;
};

struct httpd;

/* Begins to take events at fd, which listens. Exits 74 if it cannot. */
struct httpd *httpd_start(struct hook *h, int fd);

/* Ends that, with what is under way; closes fd. */
void httpd_stop(struct httpd *d);

#endif
