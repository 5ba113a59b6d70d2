/* The waiting items of a flow as a heap, by due time, then input order. Private to lib/flow. */
#ifndef TC_FLOW_QUEUE_H
#define TC_FLOW_QUEUE_H

struct flow;
struct item;

void queue_add(struct flow *f, struct item *it);

/* Remove an item that is in the queue. */
void queue_remove(struct flow *f, struct item *it);

#endif
