#include "base/htab.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/*
 * FNV-1a (Fowler, Noll, Vo). The names come from a trusted service; long chains
 * would only be slow.
 */
static uint64_t
hash(const char *s)
{
	uint64_t h = 14695981039346656037u;
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return h;
}

static void
grow(struct htab *t)
{
	size_t cap = t->cap ? 2 * t->cap : 256;
	struct htab_node **slot = mem_zero(cap * sizeof *slot);
	for (size_t i = 0; i < t->cap; i++)
		for (struct htab_node *n = t->slot[i], *next; n; n = next) {
			next = n->next;
			n->next = slot[n->hash & (cap - 1)];
			slot[n->hash & (cap - 1)] = n;
		}
	free(t->slot);
	t->slot = slot;
	t->cap = cap;
}

void
htab_add(struct htab *t, struct htab_node *node, const char *name)
{
	if (t->n >= t->cap)
		grow(t);
	node->name = name;
	node->hash = hash(name);
	node->next = t->slot[node->hash & (t->cap - 1)];
	t->slot[node->hash & (t->cap - 1)] = node;
	t->n++;
}

void
htab_remove(struct htab *t, struct htab_node *node)
{
	struct htab_node **at = &t->slot[node->hash & (t->cap - 1)];
	while (*at != node)
		at = &(*at)->next;
	*at = node->next;
	t->n--;
}

struct htab_node *
htab_find(const struct htab *t, const char *name, const struct htab_node *after)
{
	uint64_t h = hash(name);
	if (!t->cap)
		return NULL;
	for (struct htab_node *n = after ? after->next : t->slot[h & (t->cap - 1)]; n; n = n->next)
		if (n->hash == h && strcmp(n->name, name) == 0)
			return n;
	return NULL;
}

void
htab_free(struct htab *t)
{
	free(t->slot);
	*t = (struct htab){0};
}
