/* The idempotency key of a create request. */
#ifndef TC_CREATE_KEY_H
#define TC_CREATE_KEY_H

#include "body.h"

/*
 * Append the key: the body's own, or that of -k, -b, or the default. Return
 * NULL, or why the line has no key (borrowed from the plan until the next
 * call). A key that an earlier line used for another request is refused.
 */
const char *key_make(struct request_plan *plan, const struct record *r, const struct item *it,
		     struct span body, struct buf *out);

/*
 * Return the text that identifies a line, or NULL; the caller frees. Of a
 * record it is the input: an upload gives the same file another URL each time.
 */
char *key_source(const struct profile *p, const struct record *r, struct span body);

/* Shorten the key to the service's limit and put it into the body or a header; without either it is
 * in the record alone. */
void key_apply(const struct profile *p, struct buf *key, struct request *out);

#endif
