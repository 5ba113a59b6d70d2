/*
 * The end of a child: detected, and reaped only when its group gets no more
 * signals. Private to lib/proc.
 */
#ifndef TC_PROC_CHILDEND_H
#define TC_PROC_CHILDEND_H

#include <stdbool.h>
#include <stdint.h>

#include "proc/child.h"

/* Handle the children that have ended or were stopped. Return true if one had ended. */
bool spawn_reap(struct children *c);

/*
 * Reap a child whose pipes have ended, or whose time for that is over (rest:
 * what is left of its group is killed).
 */
void spawn_finish(struct children *c, struct child *ch, bool rest);

/* In child.c: set a child's deadline in any phase; keep its struct for reuse. */
void spawn_at(struct children *c, struct child *ch, int64_t due);
void spawn_put_back(struct children *c, struct child *ch);

#endif
