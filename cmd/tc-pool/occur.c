#include "occur.h"

#include <stdlib.h>
#include <string.h>

#include "digest.h"

struct occur {
	uint64_t hash; /* of the line */
	uint64_t n;    /* times seen, 0: a free slot */
};

static struct occur *
find(struct occur *slots, size_t cap, uint64_t hash)
{
	size_t i = hash & (cap - 1);
	while (slots[i].n && slots[i].hash != hash)
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

static void
grow(struct occurs *o)
{
	size_t cap = o->cap ? 2 * o->cap : 256;
	struct occur *slots = mem_zero(cap * sizeof *slots);
	for (size_t i = 0; i < o->cap; i++)
		if (o->slots[i].n)
			*find(slots, cap, o->slots[i].hash) = o->slots[i];
	free(o->slots);
	o->slots = slots;
	o->cap = cap;
}

/* How often the line with this digest came before. */
static uint64_t
seen(struct occurs *o, const unsigned char digest[32])
{
	uint64_t hash;
	memcpy(&hash, digest, sizeof hash);
	if (4 * o->n >= 3 * o->cap)
		grow(o);
	struct occur *slot = find(o->slots, o->cap, hash);
	o->n += slot->n == 0;
	slot->hash = hash;
	return slot->n++;
}

void
occur_key(struct occurs *o, struct span line, unsigned char key[32])
{
	struct sha256 whole, so_far;
	unsigned char digest[32];
	sha256_start(&so_far);
	sha256_add(&so_far, line.p, line.n);
	whole = so_far;
	sha256_end(&whole, digest);
	struct buf tail = {0};
	buf_ch(&tail, '\0');
	buf_fmt(&tail, "%llu", (unsigned long long)seen(o, digest));
	sha256_add(&so_far, tail.p, tail.n);
	sha256_end(&so_far, key);
	buf_free(&tail);
}

void
occur_free(struct occurs *o)
{
	free(o->slots);
	*o = (struct occurs){0};
}
