/*
 * The encoding aws-chunked, in which S3's clients send bodies whose checksum follows: sizes in
 * hexadecimal, each with its bytes, then trailers.
 */
#ifndef TC_SERVE_HTTP_CHUNKS_H
#define TC_SERVE_HTTP_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* The state of reading a body. All zero: at its beginning. */
struct chunks {
	enum { CHUNKS_SIZE, CHUNKS_LINE, CHUNKS_DATA, CHUNKS_END, CHUNKS_TRAILER } state;
	int64_t left; /* of the chunk that is being read */
};

/*
 * Take the next piece of the content from the front of *from. Return an empty
 * span if nothing is left. Set *bad if the encoding is wrong.
 */
struct span chunks_next(struct chunks *k, struct span *from, bool *bad);

#endif
