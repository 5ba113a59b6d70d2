/* The waiting items of a flow, the one whose turn comes first on top: by due time, then input order. */
#ifndef TC_FLOW_QUEUE_H
#define TC_FLOW_QUEUE_H

struct flow;
struct item;

void queue_add(struct flow *f, struct item *it);

/* From anywhere in the heap. */
void queue_remove(struct flow *f, struct item *it);

#endif
