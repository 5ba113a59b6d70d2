#include "seen.h"

#include <stdlib.h>

/* FNV-1a with MurmurHash3's last mixing step, so that all bits count. 0 marks a free slot. */
static uint64_t
fingerprint(struct span text, unsigned n)
{
	uint64_t h = 14695981039346656037u + n;
	for (size_t i = 0; i < text.n; i++)
		h = (h ^ (unsigned char)text.p[i]) * 1099511628211u;
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
	h ^= h >> 33;
	return h ? h : 1;
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
