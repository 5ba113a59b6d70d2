/*
 * Output lines in input order, whatever order they come in. What has to wait
 * for an earlier line is held in memory, past a budget in an unlinked
 * temporary file: no descriptor a line, no memory without bound. Where that
 * file can take no more, nothing is lost: the owner sees full, and stops.
 */
#ifndef TC_ORDER_H
#define TC_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "buf.h"

struct order_slot;

struct order {
	int fd;
	bool unordered;
	bool bare;                /* lines bring their own ends */
	size_t next;              /* the index whose turn it is */
	struct order_slot *slots; /* a ring: index i waits at i % cap */
	size_t cap, held_bytes;
	struct buf ready;         /* lines whose turn has come */
	int spill;                /* -1 until needed */
	off_t spill_end;
	size_t spilled;           /* lines now in the file */
	bool full;                /* no more of them can be: the rest waits in memory */
};

void order_init(struct order *o, int fd, bool unordered);

/* Takes a copy of line (no line end in it) as the line for index; each index once, from 0 on without gaps. */
void order_put(struct order *o, size_t index, struct span line);

/* True if lines wait for an earlier one. */
bool order_waits(const struct order *o);

/* Bytes that order_flush() would write now. */
size_t order_pending(const struct order *o);

/* Writes what is ready. -1 with errno if it cannot; what was written is not written again. */
int order_flush(struct order *o);
void order_free(struct order *o);

#endif
