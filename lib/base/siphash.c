#include "base/siphash.h"

#include <stdint.h>

struct state {
	uint64_t a, b, c, d;
};

static inline uint64_t
rol(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static inline void
rounds(struct state *s, int n)
{
	while (n--) {
		s->a += s->b;
		s->c += s->d;
		s->b = rol(s->b, 13) ^ s->a;
		s->d = rol(s->d, 16) ^ s->c;
		s->a = rol(s->a, 32) + s->d;
		s->c += s->b;
		s->d = rol(s->d, 21) ^ s->a;
		s->b = rol(s->b, 17) ^ s->c;
		s->c = rol(s->c, 32);
	}
}

static inline void
add(struct state *s, uint64_t word)
{
	s->d ^= word;
	rounds(s, 2);
	s->a ^= word;
}

/* Return eight bytes, or the last n, as a little-endian number. */
static inline uint64_t
get(const void *from)
{
	const unsigned char *p = from;
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
	       (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	       (uint64_t)p[7] << 56;
}

static inline uint64_t
get_last(const char *p, size_t n)
{
	uint64_t word = 0;
	while (n--)
		word = word << 8 | (unsigned char)p[n];
	return word;
}

static inline void
put(unsigned char *to, const struct state *s)
{
	uint64_t word = s->a ^ s->b ^ s->c ^ s->d;
	for (int i = 0; i < 8; i++)
		to[i] = (unsigned char)(word >> 8 * i);
}

void
siphash128(unsigned char hash[16], const unsigned char secret[16], struct span text)
{
	uint64_t low = get(secret), high = get(secret + 8);
	struct state s = {0x736f6d6570736575u ^ low, 0x646f72616e646f6du ^ high ^ 0xee,
			  0x6c7967656e657261u ^ low, 0x7465646279746573u ^ high};
	size_t i = 0;
	for (; text.n - i >= 8; i += 8)
		add(&s, get(text.p + i));
	add(&s, (uint64_t)text.n << 56 | get_last(text.p + i, text.n - i));
	s.c ^= 0xee;
	rounds(&s, 4);
	put(hash, &s);
	s.b ^= 0xdd;
	rounds(&s, 4);
	put(hash + 8, &s);
}
