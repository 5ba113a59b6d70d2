/*
 * Output lines in input order, whatever order they come in. What has to wait
 * for an earlier line is held in memory, past a budget in an unlinked
 * temporary file: no descriptor a line, no memory without bound. Where that
 * file can take no more, nothing is lost: the owner sees full, and stops.
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
	bool bare;                /* lines bring their own ends */
	size_t next;              /* the index whose turn it is */
	struct reorder_slot *slots; /* a ring: index i waits at i % cap */
	size_t cap, held_bytes;
	struct buf ready;         /* lines whose turn has come */
	int spill;                /* -1 until needed */
	off_t spill_end;
	size_t spilled;           /* lines now in the file */
	bool full;                /* no more of them can be: the rest waits in memory */
};

void reorder_init(struct reorder *o, int fd, bool unordered);

/* Takes a copy of line (no line end in it) as the line for index; each index once, from 0 on without gaps. */
void reorder_put(struct reorder *o, size_t index, struct span line);

/* True if lines wait for an earlier one. */
bool order_waits(const struct reorder *o);

/* Bytes that reorder_flush() would write now. */
size_t reorder_pending(const struct reorder *o);

/* Writes what is ready. -1 with errno if it cannot; what was written is not written again. */
int reorder_flush(struct reorder *o);
void reorder_free(struct reorder *o);

#endif
