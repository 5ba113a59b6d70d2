#include "base/seen.h"

#include <stdlib.h>
#include <string.h>

/* Mix the next eight bytes in, as Zilong Tan's fasthash does. */
static uint64_t
mix(uint64_t h, uint64_t word)
{
	word = (word ^ word >> 23) * 0x2127599bf4325c37u;
	return (h ^ word ^ word >> 47) * 0x880355f21e6d1965u;
}

/* MurmurHash3's last step makes all bits count. 0 marks a free slot. */
uint64_t
seen_print(struct span text)
{
	uint64_t h = text.n, word;
	const char *p = text.p;
	size_t n = text.n;
	for (; n >= sizeof word; p += sizeof word, n -= sizeof word) {
		memcpy(&word, p, sizeof word);
		h = mix(h, word);
	}
	word = 0;
	if (n)
		memcpy(&word, p, n);
	h = mix(h, word);
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
	h ^= h >> 33;
	return h ? h : 1;
}

static uint64_t
get(const struct seen *s, size_t i)
{
	return s->narrow ? ((const uint32_t *)s->once)[i] : ((const uint64_t *)s->once)[i];
}

static void
set(struct seen *s, size_t i, uint64_t print)
{
	if (s->narrow)
		((uint32_t *)s->once)[i] = (uint32_t)print;
	else
		((uint64_t *)s->once)[i] = print;
}

/* Return the part of a fingerprint that is kept. */
static uint64_t
kept(const struct seen *s, uint64_t print)
{
	return !s->narrow ? print : print >> 32 ? print >> 32 : 1;
}

/* Return where a fingerprint is, or would be. */
static size_t
place(const struct seen *s, uint64_t print)
{
	size_t i = print & (s->cap - 1);
	while (get(s, i) && get(s, i) != print)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void
grow(struct seen *s)
{
	struct seen old = *s;
	s->cap = old.cap ? 2 * old.cap : 256;
	s->once = mem_zero(s->cap * (s->narrow ? sizeof(uint32_t) : sizeof(uint64_t)));
	for (size_t i = 0; i < old.cap; i++)
		if (get(&old, i))
			set(s, place(s, get(&old, i)), get(&old, i));
	free(old.once);
}

static bool
add(struct seen *s, uint64_t print)
{
	if (s->n * 8 >= s->cap * 7) /* dense, because memory is scarce here */
		grow(s);
	size_t i = place(s, print);
	if (get(s, i))
		return false;
	set(s, i, print);
	s->n++;
	return true;
}

static struct seen_slot *
often(const struct seen *s, uint64_t print)
{
	size_t i = print & (s->often_cap - 1);
	while (s->often[i].print && s->often[i].print != print)
		i = (i + 1) & (s->often_cap - 1);
	return &s->often[i];
}

static void
grow_often(struct seen *s)
{
	struct seen old = *s;
	s->often_cap = old.often_cap ? 2 * old.often_cap : 64;
	s->often = mem_zero(s->often_cap * sizeof *s->often);
	for (size_t i = 0; i < old.often_cap; i++)
		if (old.often[i].print)
			*often(s, old.often[i].print) = old.often[i];
	free(old.often);
}

bool
seen_add(struct seen *s, struct span text)
{
	return add(s, kept(s, seen_print(text)));
}

bool
seen_has(const struct seen *s, struct span text)
{
	return s->cap && get(s, place(s, kept(s, seen_print(text))));
}

uint64_t
seen_count(struct seen *s, struct span text)
{
	uint64_t print = kept(s, seen_print(text));
	if (add(s, print))
		return 1;
	if (s->often_n * 4 >= s->often_cap * 3)
		grow_often(s);
	struct seen_slot *slot = often(s, print);
	if (!slot->print) {
		*slot = (struct seen_slot){print, 1};
		s->often_n++;
	}
	return ++slot->n;
}

void
seen_free(struct seen *s)
{
	free(s->once);
	free(s->often);
	*s = (struct seen){0};
}
