/*
 * How often a line was there before. What an item is called outside is its
 * content and this number, never its place: a line put in above it must not
 * make it another item.
 */
#ifndef TC_POOL_OCCUR_H
#define TC_POOL_OCCUR_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct occurs {
	struct occur *slots; /* open addressing, cap a power of two */
	size_t n, cap;
};

/*
 * Sets key to the item's name: SHA-256 over the line, a NUL, and in decimal
 * how often the same line came before.
 */
void occur_key(struct occurs *o, struct span line, unsigned char key[32]);
void occur_free(struct occurs *o);

#endif
