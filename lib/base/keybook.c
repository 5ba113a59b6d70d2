#include "base/keybook.h"

#include <stdlib.h>

#include "base/seen.h"

static struct keybook_slot *
place(const struct keybook *b, uint64_t key)
{
	size_t i = key & (b->cap - 1);
	while (b->slot[i].key && b->slot[i].key != key)
		i = (i + 1) & (b->cap - 1);
	return &b->slot[i];
}

static void
grow(struct keybook *b)
{
	struct keybook old = *b;
	b->cap = old.cap ? 2 * old.cap : 256;
	b->slot = mem_zero(b->cap * sizeof *b->slot);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slot[i].key)
			*place(b, old.slot[i].key) = old.slot[i];
	free(old.slot);
}

bool
keybook_note(struct keybook *b, struct span key, struct span request, size_t line, size_t *first)
{
	uint64_t print = seen_print(key);
	uint32_t wanted = (uint32_t)(seen_print(request) >> 32);
	if (b->n * 8 >= b->cap * 7)
		grow(b);
	struct keybook_slot *s = place(b, print);
	if (!s->key) {
		*s = (struct keybook_slot){print, wanted, (uint32_t)line};
		b->n++;
	}
	*first = s->line;
	return s->request == wanted;
}

void
keybook_free(struct keybook *b)
{
	free(b->slot);
	*b = (struct keybook){0};
}
