/* The end of a child, for lib/spawn only: seen, and waited for only when its group will not be signalled again. */
#ifndef TC_PROC_CHILDEND_H
#define TC_PROC_CHILDEND_H

#include <stdbool.h>
#include <stdint.h>

#include "proc/child.h"

/* Sees who has ended or was stopped. True if any child had ended. */
bool spawn_reap(struct children *c);

/* Its leader has ended, and so have its pipes or our patience (rest: what is left of its group is killed). */
void spawn_finish(struct children *c, struct child *ch, bool rest);

/* spawn.c's: its next due; its struct goes back to the spare ones. */
void spawn_at(struct children *c, struct child *ch, int64_t due);
void spawn_put_back(struct children *c, struct child *ch);

#endif
