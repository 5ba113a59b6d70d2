/* The pipes of a child, for lib/spawn only: what goes into its stdin, and what it prints. */
#ifndef TC_PROC_CHILDPIPE_H
#define TC_PROC_CHILDPIPE_H

#include <stdbool.h>

#include "proc/child.h"

/* Closes our end, if it is open. */
void pipe_drop(struct children *c, struct pipe_end *e);

/* Writes as much of its feed as the pipe takes; after the last of it stdin is closed, unless keep_open. */
void pipe_feed(struct children *c, struct child *ch, bool keep_open);

/* The same for a new feed: what does not fit now is written when there is room. */
void pipe_feed_first(struct children *c, struct child *ch, bool keep_open);

/* One read; false when there is nothing now, or no more at all (then the end is closed). */
bool pipe_read(struct children *c, struct pipe_end *e);

/* All that is there now. Bounded: a grandchild may go on printing for ever. */
void pipe_drain(struct children *c, struct pipe_end *e);

#endif
