#include "seen.h"

#include <stdlib.h>
#include <string.h>

#include "digest.h"

/* SHA-256 cut to 64 bits: nobody can make two sources meet. 0 marks a free slot. */
static uint64_t
fingerprint(struct span text, unsigned n)
{
	struct sha256 s;
	unsigned char digest[32];
	uint64_t out;
	sha256_start(&s);
	sha256_add(&s, &n, sizeof n);
	sha256_add(&s, text.p, text.n);
	sha256_end(&s, digest);
	memcpy(&out, digest, sizeof out);
	return out ? out : 1;
}

static uint64_t *
slot_of(const struct seen *s, uint64_t print)
{
	size_t i = print & (s->cap - 1);
	while (s->slot[i] && s->slot[i] != print)
		i = (i + 1) & (s->cap - 1);
	return &s->slot[i];
}

static void
grow(struct seen *s)
{
	struct seen old = *s;
	s->cap = old.cap ? 2 * old.cap : 256;
	s->slot = mem_zero(s->cap * sizeof *s->slot);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slot[i])
			*slot_of(s, old.slot[i]) = old.slot[i];
	free(old.slot);
}

static bool
add(struct seen *s, uint64_t print)
{
	if (s->n * 4 >= s->cap * 3)
		grow(s);
	uint64_t *slot = slot_of(s, print);
	if (*slot)
		return false;
	*slot = print;
	s->n++;
	return true;
}

bool
seen_add(struct seen *s, struct span text)
{
	return add(s, fingerprint(text, 1));
}

bool
seen_has(const struct seen *s, struct span text)
{
	return s->cap && *slot_of(s, fingerprint(text, 1));
}

unsigned
seen_count(struct seen *s, struct span text)
{
	unsigned n = 1;
	while (!add(s, fingerprint(text, n)))
		n++;
	return n;
}

void
seen_free(struct seen *s)
{
	free(s->slot);
	*s = (struct seen){0};
}
