/* CRC-32C (Castagnoli, RFC 3720), which storage services send instead of an MD5 or beside it. */
#ifndef TC_BASE_CRC32C_H
#define TC_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/*
 * Return the CRC of n bytes that follow those which gave crc; 0 to begin. Uses
 * the processor's instruction if it has one.
 */
uint32_t crc32c(uint32_t crc, const void *p, size_t n);

/* Compute the same from tables, on any processor. */
uint32_t crc32c_plain(uint32_t crc, const void *p, size_t n);

#endif
