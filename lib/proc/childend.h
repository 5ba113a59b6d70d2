/*
 * The end of a child: requested, detected, and reaped only when its group gets
 * no more signals. Private to lib/proc.
 */
#ifndef TC_PROC_CHILDEND_H
#define TC_PROC_CHILDEND_H

#include <stdbool.h>
#include <stdint.h>

#include "proc/child.h"

/* Send SIGTERM to a running child now and SIGKILL later, without setting stop_requested. */
void child_end(struct children *c, struct child *ch);

/* Handle the children that have ended or were stopped. Return true if one had ended. */
bool children_reap(struct children *c);

/* Act on the deadlines that have passed. */
void children_check_deadlines(struct children *c);

/* Move a child's deadline, in any phase, by this many microseconds. */
void child_move_deadline(struct children *c, struct child *ch, int64_t by);

/*
 * Reap a child whose pipes have ended, or whose time for that is over (rest:
 * kill what is left of its group).
 */
void child_finish(struct children *c, struct child *ch, bool rest);

/* Keep a child's struct and buffers for reuse. */
void child_recycle(struct children *c, struct child *ch);

#endif
