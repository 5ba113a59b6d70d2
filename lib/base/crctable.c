#include "base/crctable.h"

void
crc_table_make(struct crc_table *t, uint32_t polynomial)
{
	for (uint32_t b = 0; b < 256; b++) {
		uint32_t r = b;
		for (int bit = 0; bit < 8; bit++)
			r = r >> 1 ^ (r & 1 ? polynomial : 0);
		t->at[0][b] = r;
	}
	for (int k = 1; k < 8; k++)
		for (int b = 0; b < 256; b++)
			t->at[k][b] = t->at[k - 1][b] >> 8 ^ t->at[0][t->at[k - 1][b] & 255];
}

static uint32_t
little_endian(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint32_t
crc_table_add(const struct crc_table *t, uint32_t crc, const void *from, size_t n)
{
	const unsigned char *p = from;
	crc = ~crc;
	for (; n >= 8; n -= 8, p += 8) {
		uint32_t a = crc ^ little_endian(p), b = little_endian(p + 4);
		crc = t->at[7][a & 255] ^ t->at[6][a >> 8 & 255] ^ t->at[5][a >> 16 & 255] ^
		      t->at[4][a >> 24] ^ t->at[3][b & 255] ^ t->at[2][b >> 8 & 255] ^
		      t->at[1][b >> 16 & 255] ^ t->at[0][b >> 24];
	}
	for (; n; n--)
		crc = crc >> 8 ^ t->at[0][(crc ^ *p++) & 255];
	return ~crc;
}
