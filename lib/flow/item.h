/* An item: one input line on its way through a tool. */
#ifndef TC_FLOW_ITEM_H
#define TC_FLOW_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum item_state {
	ITEM_NEW,     /* in admit() */
	ITEM_WAITING, /* in the queue */
	ITEM_PICKED,  /* has a slot; starts at the end of this round */
	ITEM_PUT_OFF, /* prepare() gave the slot back; waits from the end of this round on */
	ITEM_RUNNING, /* its step is under way */
	ITEM_ASIDE,   /* under way outside the slots */
	ITEM_ENDED,
};

/* A tool's own struct begins with one. */
struct item {
	size_t index;     /* from 0, in input order */
	struct span line; /* NUL-terminated; lives as long as the item */
	bool too_long;    /* only the beginning of the line is here */
	bool in_doubt;    /* waits to learn whether its job exists */
	bool started;     /* this run has begun a step of it */
	bool replayed;    /* set by flow_replayed() */
	enum item_state state;
	int64_t due; /* monotonic: not before */
	size_t at;   /* place in the queue */
	struct item *prev, *next;
};

#endif
