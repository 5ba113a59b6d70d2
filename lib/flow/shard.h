/* A shard of the input: every Nth line, so that N independent runs do all of it. */
#ifndef TC_FLOW_SHARD_H
#define TC_FLOW_SHARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* All zero: the whole input. */
struct shard {
	size_t k, n;
};

/* Parse the value of an OPT_CALL: "K/N", K from 1 to N; to is a struct shard. */
const char *shard_option(void *to, const char *value);

/* Return true if the line at index (from 0) belongs to the shard. */
bool shard_has(const struct shard *s, size_t index);

/* Return how many of the shard's lines come before index. */
size_t shard_place(const struct shard *s, size_t index);

/*
 * Replace the hash of what is run (hexadecimal) by a hash of it and the shard.
 * The whole input leaves it as it is.
 */
void shard_add_to_run(const struct shard *s, struct buf *run);

#endif
