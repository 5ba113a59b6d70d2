/* What a server says of a file's bytes beside the bytes themselves, and whether they are so. */
#ifndef TC_GET_VERIFY_H
#define TC_GET_VERIFY_H

#include <stdbool.h>

#include "base/hash.h"
#include "http/http.h"

struct expect {
	struct hash_sums sums;
	const char *says[3]; /* which header has said so: SHA-256, MD5, CRC-32C; static */
};

/*
 * Reads x-goog-hash, Repr-Digest, Digest, x-amz-checksum-*, and where the
 * answer is the whole file also Content-Digest and Content-MD5.
 */
void expect_read(struct expect *e, const struct http_response *r, bool whole);

/* NULL if all that is expected is so; else the header that is not met. A sum that could not be made
 * is passed over. */
const char *expect_unmet(const struct expect *e, const struct hash_sums *got);

#endif
