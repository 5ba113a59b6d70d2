/*
 * Hashes of files at the machine's speed: libcrypto's SHA-256 and MD5, and
 * CRC-32C. For tools that transfer files; digest.h is for short texts and
 * needs no library.
 */
#ifndef TC_BASE_HASH_H
#define TC_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum hash_kind { HASH_SHA256 = 1, HASH_MD5 = 2, HASH_CRC32C = 4 };

struct hash_sums {
	unsigned kinds; /* which of them are set */
	unsigned char sha256[32], md5[16];
	unsigned char crc32c[4]; /* big-endian, as x-goog-hash has it */
};

struct hash;

/*
 * Start sums of these kinds, several of enum hash_kind. A kind that the
 * library refuses (MD5 under FIPS) is left out. The caller frees with
 * hash_free().
 */
struct hash *hash_new(unsigned kinds);
void hash_add(struct hash *h, const void *p, size_t n);

/* Store the sums. Nothing may be added afterwards. */
void hash_end(struct hash *h, struct hash_sums *out);
void hash_free(struct hash *h);

#endif
