/* A set of texts, kept as 64-bit fingerprints: 8 bytes each, for telling repeats in batches of any size. */
#ifndef TC_SEEN_H
#define TC_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct seen {
	uint64_t *slot;
	size_t n, cap;
};

/* True if text was not there yet. Two texts are taken for one with chance n * n / 2^65. */
bool seen_add(struct seen *s, struct span text);
bool seen_has(const struct seen *s, struct span text);

/* How often text has been here, this time included: 1, 2, ... */
unsigned seen_count(struct seen *s, struct span text);
void seen_free(struct seen *s);

#endif
