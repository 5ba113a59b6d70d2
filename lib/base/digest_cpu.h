/*
 * The inner loops of digest.c in instructions that only some processors have.
 * Private to lib/base.
 */
#ifndef TC_BASE_DIGEST_CPU_H
#define TC_BASE_DIGEST_CPU_H

#include <stddef.h>
#include <stdint.h>

/* SHA-256's round constants. */
extern const uint32_t sha256_k[64];

/* Update the state h with n blocks of 64 bytes. */
typedef void sha256_blocks(uint32_t h[8], const unsigned char *p, size_t n);

/*
 * Return the CRC-32 remainder after n more bytes, at least 64 and a multiple of
 * 16. It is inverted neither before nor after.
 */
typedef uint32_t crc32_fold(uint32_t crc, const unsigned char *p, size_t n);

/* Return the function that uses the processor's instructions, or NULL if it has none. */
sha256_blocks *digest_cpu_sha256(void);
crc32_fold *digest_cpu_crc32(void);

#endif
