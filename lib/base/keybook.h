/* For each key of a run, the line that had it first and a fingerprint of its request. 16 bytes a
 * key. */
#ifndef TC_BASE_KEYBOOK_H
#define TC_BASE_KEYBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct keybook_slot {
	uint64_t key;     /* a fingerprint, 0: free */
	uint32_t request; /* part of the request's fingerprint */
	uint32_t line;    /* from 0 */
};

struct keybook {
	struct keybook_slot *slot;
	size_t n, cap;
};

/*
 * Note that a line (from 0) uses the key for this request. Return false if an
 * earlier line, *first, used it for another request.
 */
bool keybook_note(struct keybook *b, struct span key, struct span request, size_t line,
		  size_t *first);
void keybook_free(struct keybook *b);

#endif
