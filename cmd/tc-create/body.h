/*
 * The request of a line: the plan's base with the line merged over it, and its
 * idempotency key.
 */
#ifndef TC_CREATE_BODY_H
#define TC_CREATE_BODY_H

#include "flow/record.h"
#include "plan.h"

/* The request of a line; all owned. */
struct request {
	struct buf body; /* with the key in it, where the service takes it there */
	struct buf sent; /* the same with the values of variables that are secret; empty: no
			    variable is secret */
	char *key;
	char *header; /* the key's header line, where the service takes it there, or NULL */
	char *item;   /* the item's key in the ledger: the key, and its number among equal ones */
};

/* Build the line's request. Return NULL, or why it makes none (borrowed until the next call). r may
 * become RECORD_BAD. */
const char *request_build(struct request_plan *plan, struct record *r, const struct item *it,
			  struct request *out);
void request_free(struct request *q);

/* Change the key to that of generation n (2 or more): another job, not the one that ended badly. */
void request_generation(const struct request_plan *plan, struct request *q, unsigned n);

/* Return the body that is sent to the service. */
const struct buf *request_sent(const struct request *q);

#endif
