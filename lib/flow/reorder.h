/*
 * Reorder buffer: output lines in input order, in whatever order they arrive. A
 * line that waits for an earlier one is held in memory, past a budget in an
 * unlinked temporary file, so that memory stays bounded. If the file cannot
 * grow, `full` is set and lines stay in memory: the owner should stop.
 */
#ifndef TC_FLOW_REORDER_H
#define TC_FLOW_REORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"

struct reorder_slot;

struct reorder {
	int fd;
	bool unordered;
	bool bare;                  /* lines come with their line ends */
	size_t next;                /* index of the next line to write */
	struct reorder_slot *slots; /* a ring: index i is at i % cap */
	size_t cap, held_bytes;
	struct buf ready; /* lines to write now */
	int spill;        /* -1 until needed */
	off_t spill_end;
	size_t spilled; /* lines in the file */
	bool full;      /* the file cannot grow: lines stay in memory */
};

void reorder_init(struct reorder *o, int fd, bool unordered);

/*
 * Add a copy of line (without line end) as the line for index. Each index
 * once, from 0 on, without gaps.
 */
void reorder_put(struct reorder *o, size_t index, struct span line);

/* Return true if lines wait for an earlier one. */
bool reorder_waits(const struct reorder *o);

/* Return how many bytes reorder_flush() would write. */
size_t reorder_pending(const struct reorder *o);

/*
 * Write the lines that are ready. Return 0, or -1 with errno; bytes that were
 * written are not written again.
 */
int reorder_flush(struct reorder *o);
void reorder_free(struct reorder *o);

#endif
