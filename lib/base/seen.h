/*
 * A fingerprint set with counts, for finding duplicates in large batches. A
 * text costs 8 bytes, a repeated one 16 more.
 */
#ifndef TC_BASE_SEEN_H
#define TC_BASE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct seen_slot {
	uint64_t print; /* a fingerprint; 0: free */
	uint64_t n;
};

struct seen {
	bool narrow; /* set before the first text: 4 bytes a text, with one false match in 4 billion
		      */
	void *once;  /* all fingerprints: uint64_t, or uint32_t if narrow */
	size_t n, cap;
	struct seen_slot *often; /* counts of repeated texts */
	size_t often_n, often_cap;
};

/* Return the fingerprint of a text: 64 bits, never 0. */
uint64_t seen_print(struct span text);

/*
 * Add text. Return true if it was not in the set. Two texts of n are confused
 * with probability n * n / 2^65.
 */
bool seen_add(struct seen *s, struct span text);
bool seen_has(const struct seen *s, struct span text);

/* Add text, and return how often it has been added: 1, 2, ... */
uint64_t seen_count(struct seen *s, struct span text);
void seen_free(struct seen *s);

#endif
