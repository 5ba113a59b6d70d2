/* Sums of a file that the server gives in headers, and their comparison with what came. */
#ifndef TC_GET_VERIFY_H
#define TC_GET_VERIFY_H

#include <stdbool.h>

#include "base/hash.h"
#include "http/http.h"

struct expect {
	struct hash_sums sums;
	const char *says[3]; /* the header that gave it: SHA-256, MD5, CRC-32C; static */
};

/*
 * Read x-goog-hash, Repr-Digest, Digest, x-amz-checksum-*, and if the response
 * is the whole file also Content-Digest and Content-MD5.
 */
void expect_read(struct expect *e, const struct http_response *r, bool whole);

/* Return NULL if all sums match, else the header of one that does not. A sum that could not be
 * computed is ignored. */
const char *expect_unmet(const struct expect *e, const struct hash_sums *got);

#endif
