/* Intrusive hash table with string keys. */
#ifndef TC_BASE_HTAB_H
#define TC_BASE_HTAB_H

#include <stddef.h>
#include <stdint.h>

struct htab_node {
	const char *name; /* borrowed while the node is in the table */
	struct htab_node *next;
	uint64_t hash;
};

struct htab {
	struct htab_node **slot;
	size_t n, cap;
};

/* Add a node; several may have the same name. Remove a node that is in the table. */
void htab_add(struct htab *t, struct htab_node *node, const char *name);
void htab_remove(struct htab *t, struct htab_node *node);

/* Return the first node of that name after `after` (NULL: the first of all), or NULL. */
struct htab_node *htab_find(const struct htab *t, const char *name, const struct htab_node *after);
void htab_free(struct htab *t);

#endif
