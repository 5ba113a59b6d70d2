/* Reflected 32-bit CRCs from tables, eight bytes a step: slicing by 8 (Kounavis, Berry, 2005). */
#ifndef TC_BASE_CRCTABLE_H
#define TC_BASE_CRCTABLE_H

#include <stddef.h>
#include <stdint.h>

/* Entry [k][b]: the effect on the remainder of byte b with k bytes after it. */
struct crc_table {
	uint32_t at[8][256];
};

/* Fill the table for a reflected polynomial, such as 0xEDB88320. */
void crc_table_make(struct crc_table *t, uint32_t polynomial);

/* Return the CRC of n bytes that follow those which gave crc; 0 to begin. */
uint32_t crc_table_add(const struct crc_table *t, uint32_t crc, const void *p, size_t n);

#endif
