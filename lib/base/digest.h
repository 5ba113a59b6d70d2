/*
 * SHA-256 (FIPS 180-4), HMAC (RFC 2104) and the CRC-32 of IEEE 802.3, for
 * keys, signatures and ledger lines.
 */
#ifndef TC_BASE_DIGEST_H
#define TC_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct sha256 {
	uint32_t h[8];
	uint64_t n;
	unsigned char block[64];
};

void sha256_start(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *p, size_t n);
void sha256_end(struct sha256 *s, unsigned char digest[32]);

/* Append n bytes as 2n hex digits. */
void digest_hex(struct buf *out, const unsigned char *p, size_t n);

/* Append the SHA-256 of text as 64 hex digits. */
void sha256_hex(struct buf *out, struct span text);

/* Compute HMAC-SHA256(key, text). */
void sha256_hmac(unsigned char digest[32], struct span key, struct span text);

/* Append HMAC-SHA256(key, text) as 64 hex digits. */
void sha256_hmac_hex(struct buf *out, struct span key, struct span text);

/* Return true if a and b are equal, in a time that does not depend on where they differ. */
bool digest_same(struct span a, struct span b);

/* Return the CRC-32 (reflected, polynomial 0xEDB88320) of n bytes. */
uint32_t crc32_of(const void *p, size_t n);

/* Use no instructions that only some processors have, from now on: for tests. */
void digest_plain(void);

#endif
