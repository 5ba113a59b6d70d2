#include "base/crc32c.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum { SLICES = 8 };

/* Entry [k][b]: what byte b does to the remainder when k bytes follow it. */
static uint32_t table[SLICES][256];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void
make(void)
{
	for (uint32_t b = 0; b < 256; b++) {
		uint32_t r = b;
		for (int bit = 0; bit < 8; bit++)
			r = r >> 1 ^ (r & 1 ? 0x82F63B78u : 0);
		table[0][b] = r;
	}
	for (int k = 1; k < SLICES; k++)
		for (int b = 0; b < 256; b++)
			table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 255];
}

uint32_t
crc32c_plain(uint32_t crc, const void *from, size_t n)
{
	const unsigned char *p = from;
	pthread_once(&made, make);
	crc = ~crc;
	for (; n >= SLICES; n -= SLICES, p += SLICES) {
		uint32_t sum = 0;
		crc ^= (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
		       (uint32_t)p[3] << 24;
		for (int i = 0; i < 4; i++)
			sum ^= table[SLICES - 1 - i][crc >> 8 * i & 255] ^ table[3 - i][p[4 + i]];
		crc = sum;
	}
	for (; n; n--)
		crc = crc >> 8 ^ table[0][(crc ^ *p++) & 255];
	return ~crc;
}

#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target("sse4.2"))) static uint32_t
by_processor(uint32_t crc, const void *from, size_t n)
{
	const unsigned char *p = from;
	uint64_t r = (uint32_t)~crc, word;
	for (; n >= sizeof word; n -= sizeof word, p += sizeof word) {
		memcpy(&word, p, sizeof word);
		r = __builtin_ia32_crc32di(r, word);
	}
	crc = (uint32_t)r;
	for (; n; n--)
		crc = __builtin_ia32_crc32qi(crc, *p++);
	return ~crc;
}

uint32_t
crc32c(uint32_t crc, const void *p, size_t n)
{
	return __builtin_cpu_supports("sse4.2") ? by_processor(crc, p, n) : crc32c_plain(crc, p, n);
}
#else
uint32_t
crc32c(uint32_t crc, const void *p, size_t n)
{
	return crc32c_plain(crc, p, n);
}
#endif
