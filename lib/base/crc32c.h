/* CRC-32C (Castagnoli, RFC 3720): what storage services send beside or instead of an MD5. */
#ifndef TC_BASE_CRC32C_H
#define TC_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Of n bytes that follow those which gave crc; 0 to begin with. By the processor's own instruction where it has one. */
uint32_t crc32c(uint32_t crc, const void *p, size_t n);

/* The same by tables, everywhere. */
uint32_t crc32c_plain(uint32_t crc, const void *p, size_t n);

#endif
