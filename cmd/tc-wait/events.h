/* -e: job events read from a growing file or a FIFO. */
#ifndef TC_WAIT_EVENTS_H
#define TC_WAIT_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/lines.h"

struct events {
	bool on;      /* all zero: there are no events */
	bool is_file; /* a regular file: reread at intervals */
	bool bad_line_warned;
	const char *path;
	struct lines in;
	int writer;        /* of a FIFO: our own, so that it never reaches EOF; or -1 */
	int64_t next_read; /* of a file, monotonic */
};

/* Open the file, or create it; path is borrowed. Exits 78 if it cannot be read. */
void events_open(struct events *e, const char *path);

/* Return the descriptor to poll for input, or -1; and when to read next, or NEVER. */
int events_fd(const struct events *e);
int64_t events_due(const struct events *e);

/* Read what has come: on_event is called with the id of each job to poll, borrowed. Exits 74 on a
 * read error. */
void events_read(struct events *e, void (*on_event)(void *ctx, const char *id), void *ctx);
void events_close(struct events *e);

#endif
