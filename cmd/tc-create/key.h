/* The idempotency key of a create request: where it comes from, how it fits, where it goes. */
#ifndef TC_CREATE_KEY_H
#define TC_CREATE_KEY_H

#include "body.h"

/*
 * Appends the key: the one that the body brings along, or -k's, -b's, or the
 * default one. NULL, or why there is none (borrowed from the plan until the
 * next call): one that an earlier line has for another request is refused.
 */
const char *key_make(struct request_plan *plan, const struct record *r, const struct item *it, struct span body,
			struct buf *out);

/*
 * Return what a line is known by, or NULL; the caller frees it. An upload gives
 * a file another URL each time, so of a record it is the input, which stays.
 */
char *key_source(const struct profile *p, const struct record *r, struct span body);

/* Shortens the key to what the service takes and puts it where it takes it: body, header, or nowhere but the record. */
void key_apply(const struct profile *p, struct buf *key, struct request *out);

/* b becomes its JSON text with a value, or a string, set at pointer. */
void request_set(struct buf *b, const char *pointer, struct span value);
void json_set_string(struct buf *b, const char *pointer, const char *text);

#endif
