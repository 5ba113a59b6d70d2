/* -e: word of jobs from outside, as lines of a file that grows or of a FIFO. */
#ifndef TC_WAIT_EVENTS_H
#define TC_WAIT_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/lines.h"

struct events {
	bool on;    /* all zero: there are none */
	bool is_file; /* a regular file: read again and again, not polled */
	bool bad_line_warned;  /* that it has lines that cannot be read */
	const char *path;
	struct lines in;
	int writer; /* of a FIFO: our own, so that it never ends */
	int64_t look; /* when to read next, monotonic */
};

/* Opens the file, and makes it if it is not there; path is borrowed. Exits 78 if it cannot be read. */
void events_open(struct events *e, const char *path);

/* Return the descriptor to poll for input, or -1; and when to read next, or NEVER. */
int events_fd(const struct events *e);
int64_t events_due(const struct events *e);

/* Reads what there is; news is called with each job named, its id borrowed. Exits 74 if it cannot be read any more. */
void events_read(struct events *e, void (*news)(void *ctx, const char *id), void *ctx);
void events_close(struct events *e);

#endif
