#include "base/crc32c.h"

#include <pthread.h>
#include <string.h>

#include "base/crctable.h"

static struct crc_table table;
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void
make(void)
{
	crc_table_make(&table, 0x82F63B78u);
}

uint32_t
crc32c_plain(uint32_t crc, const void *p, size_t n)
{
	pthread_once(&made, make);
	return crc_table_add(&table, crc, p, n);
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
