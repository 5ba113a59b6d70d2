/*
 * Which texts have been here, and how often: for telling repeats in batches of
 * any size. A text costs 8 bytes, a repeated one 16 more.
 */
#ifndef TC_BASE_SEEN_H
#define TC_BASE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct seen_slot {
	uint64_t print; /* a fingerprint, 0: free */
	uint64_t n;
};

struct seen {
	bool narrow; /* set before the first text: 4 bytes a text, one of 4 billion is taken for another */
	void *once;  /* fingerprints of all: uint64_t, or uint32_t when narrow */
	size_t n, cap;
	struct seen_slot *often; /* of those that came again: how often */
	size_t often_n, often_cap;
};

/* The fingerprint of a text: 64 bits, never 0. */
uint64_t seen_print(struct span text);

/* True if text was not there yet. Two texts are taken for one with chance n * n / 2^65. */
bool seen_add(struct seen *s, struct span text);
bool seen_has(const struct seen *s, struct span text);

/* How often text has been here, this time included: 1, 2, ... */
uint64_t seen_count(struct seen *s, struct span text);
void seen_free(struct seen *s);

#endif
