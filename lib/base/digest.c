#include "base/digest.h"

#include <pthread.h>
#include <string.h>

#include "base/crctable.h"
#include "base/digest_cpu.h"

static uint32_t
ror(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

/* Do one round. The caller names the eight words anew each time, so that none has to move. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                                           \
	do {                                                                                       \
		uint32_t t = (h) + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) +                         \
			     ((g) ^ ((e) & ((f) ^ (g)))) + sha256_k[i] + w[i];                     \
		(d) += t;                                                                          \
		(h) = t + (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) +                                  \
		      (((a) & (b)) | ((c) & ((a) | (b))));                                         \
	} while (0)

static void
block(uint32_t to[8], const unsigned char *p)
{
	uint32_t w[64], a = to[0], b = to[1], c = to[2], d = to[3];
	uint32_t e = to[4], f = to[5], g = to[6], h = to[7];
	for (unsigned i = 0; i < 16; i++)
		w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
		       (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
	for (unsigned i = 16; i < 64; i++) {
		uint32_t x = w[i - 15], y = w[i - 2];
		w[i] = w[i - 16] + (ror(x, 7) ^ ror(x, 18) ^ x >> 3) + w[i - 7] +
		       (ror(y, 17) ^ ror(y, 19) ^ y >> 10);
	}
	for (unsigned i = 0; i < 64; i += 8) {
		ROUND(a, b, c, d, e, f, g, h, i);
		ROUND(h, a, b, c, d, e, f, g, i + 1);
		ROUND(g, h, a, b, c, d, e, f, i + 2);
		ROUND(f, g, h, a, b, c, d, e, i + 3);
		ROUND(e, f, g, h, a, b, c, d, i + 4);
		ROUND(d, e, f, g, h, a, b, c, i + 5);
		ROUND(c, d, e, f, g, h, a, b, i + 6);
		ROUND(b, c, d, e, f, g, h, a, i + 7);
	}
	const uint32_t add[8] = {a, b, c, d, e, f, g, h};
	for (unsigned i = 0; i < 8; i++)
		to[i] += add[i];
}
#undef ROUND

static void
blocks(uint32_t h[8], const unsigned char *p, size_t n)
{
	for (; n; n--, p += 64)
		block(h, p);
}

static sha256_blocks *take_blocks;
static crc32_fold *fold; /* or NULL */
static struct crc_table table;
static pthread_once_t chosen = PTHREAD_ONCE_INIT;

static void
choose(void)
{
	take_blocks = digest_cpu_sha256();
	if (!take_blocks)
		take_blocks = blocks;
	fold = digest_cpu_crc32();
	crc_table_make(&table, 0xedb88320);
}

void
digest_plain(void)
{
	pthread_once(&chosen, choose);
	take_blocks = blocks;
	fold = NULL;
}

void
sha256_start(struct sha256 *s)
{
	static const uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
				      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	pthread_once(&chosen, choose);
	memcpy(s->h, h, sizeof h);
	s->n = 0;
}

void
sha256_add(struct sha256 *s, const void *data, size_t n)
{
	const unsigned char *p = data;
	while (n) {
		size_t at = s->n % 64, part = 64 - at < n ? 64 - at : n;
		if (part == 64) { /* whole blocks, without copying them */
			part = n - n % 64;
			take_blocks(s->h, p, part / 64);
		} else {
			memcpy(s->block + at, p, part);
			if (at + part == 64)
				take_blocks(s->h, s->block, 1);
		}
		s->n += part;
		p += part;
		n -= part;
	}
}

void
sha256_end(struct sha256 *s, unsigned char digest[32])
{
	static const unsigned char pad[64] = {0x80};
	uint64_t bits = s->n * 8;
	unsigned char length[8];
	sha256_add(s, pad, s->n % 64 < 56 ? 56 - s->n % 64 : 120 - s->n % 64);
	for (unsigned i = 0; i < 8; i++)
		length[i] = (unsigned char)(bits >> (56 - 8 * i));
	sha256_add(s, length, 8);
	for (unsigned i = 0; i < 32; i++)
		digest[i] = (unsigned char)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}

void
digest_hex(struct buf *out, const unsigned char *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	char *to = buf_room(out, 2 * n);
	for (size_t i = 0; i < n; i++) {
		*to++ = hex[p[i] >> 4];
		*to++ = hex[p[i] & 15];
	}
	out->n += 2 * n;
}

void
sha256_hex(struct buf *out, struct span text)
{
	struct sha256 s;
	unsigned char digest[32];
	sha256_start(&s);
	sha256_add(&s, text.p, text.n);
	sha256_end(&s, digest);
	digest_hex(out, digest, 32);
}

void
sha256_hmac(unsigned char digest[32], struct span key, struct span text)
{
	struct sha256 s;
	unsigned char pad[64] = {0};
	if (key.n > 64) {
		sha256_start(&s);
		sha256_add(&s, key.p, key.n);
		sha256_end(&s, pad);
	} else if (key.n) {
		memcpy(pad, key.p, key.n);
	}
	for (size_t i = 0; i < 64; i++)
		pad[i] ^= 0x36;
	sha256_start(&s);
	sha256_add(&s, pad, 64);
	sha256_add(&s, text.p, text.n);
	sha256_end(&s, digest);
	for (size_t i = 0; i < 64; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	sha256_start(&s);
	sha256_add(&s, pad, 64);
	sha256_add(&s, digest, 32);
	sha256_end(&s, digest);
}

void
sha256_hmac_hex(struct buf *out, struct span key, struct span text)
{
	unsigned char digest[32];
	sha256_hmac(digest, key, text);
	digest_hex(out, digest, 32);
}

uint32_t
crc32_of(const void *data, size_t n)
{
	const unsigned char *p = data;
	uint32_t crc = 0;
	pthread_once(&chosen, choose);
	if (fold && n >= 64) {
		size_t most = n - n % 16;
		crc = ~fold(~crc, p, most);
		p += most;
		n -= most;
	}
	return crc_table_add(&table, crc, p, n);
}

bool
digest_same(struct span a, struct span b)
{
	unsigned differ = a.n != b.n;
	for (size_t i = 0; i < a.n; i++)
		differ |= (unsigned char)a.p[i] ^ (b.n ? (unsigned char)b.p[i % b.n] : 1u);
	return differ == 0;
}
