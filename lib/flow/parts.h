/* What the parts of the scheduler share: flow.c, admit.c, start.c and item.c. Private to lib/flow.
 */
#ifndef TC_FLOW_PARTS_H
#define TC_FLOW_PARTS_H

#include "flow/flow.h"

/* item.c. Return how many items are admitted and not ended. */
size_t flow_open_items(const struct flow *f);

/* Take an item out of the queue, or take its slot. */
void flow_dequeue(struct flow *f, struct item *it);
void flow_set_doubt(struct flow *f, struct item *it, bool in_doubt);

/* Have the tool end an item that will not be started. */
void flow_abandon(struct flow *f, struct item *it);

/* Free an item. linked: it is in the list of all items. */
void flow_item_free(struct flow *f, struct item *it, bool linked);

/* Make durable what the tool has written. */
void flow_commit(struct flow *f);

/* admit.c. Return true if another line may be admitted now. */
bool admit_open(const struct flow *f);

/* Admit lines that were read, a bounded number; set need_input if there are no more. */
void admit_lines(struct flow *f);

/* Read input that poll(2) has reported. */
void admit_read(struct flow *f);

/* start.c. Start the items whose turn it is. */
void start_ready(struct flow *f);

/* Return when something is next due, apart from what the transport and the descriptors bring. */
int64_t start_due(struct flow *f);

#endif
