/* Finding things by name: a hash table whose nodes live in the things themselves. */
#ifndef TC_NAMES_H
#define TC_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct name_node {
	const char *name; /* borrowed: as long as it is in the table */
	struct name_node *next;
	uint64_t hash;
};

struct names {
	struct name_node **slot;
	size_t n, cap;
};

/* Several nodes may have one name. */
void names_add(struct names *t, struct name_node *node, const char *name);
void names_remove(struct names *t, struct name_node *node);

/* The first node of that name after `after` (NULL: the first of all), or NULL. */
struct name_node *names_find(const struct names *t, const char *name, const struct name_node *after);
void names_free(struct names *t);

#endif
