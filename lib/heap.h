/* The waiting items of a flow, the one whose turn comes first on top: by due time, then input order. */
#ifndef TC_HEAP_H
#define TC_HEAP_H

struct flow;
struct item;

void heap_add(struct flow *f, struct item *it);

/* From anywhere in the heap. */
void heap_remove(struct flow *f, struct item *it);

#endif
