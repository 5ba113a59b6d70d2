/* The pipes of a child: its input and its output. Private to lib/proc. */
#ifndef TC_PROC_CHILDPIPE_H
#define TC_PROC_CHILDPIPE_H

#include <stdbool.h>

#include "proc/child.h"

/* Close our end, if it is open. */
void pipe_drop(struct children *c, struct pipe_end *e);

/*
 * Write as much of the input as the pipe takes; after the last of it close
 * stdin, unless keep_open.
 */
void pipe_feed(struct children *c, struct child *ch, bool keep_open);

/* Begin to write new input; what does not fit now is written when there is room. */
void pipe_feed_first(struct children *c, struct child *ch, bool keep_open);

/* Do one read. Return false if there is nothing now, or no more at all (then the end is closed). */
bool pipe_read(struct children *c, struct pipe_end *e);

/* Read all that is there now. Bounded, because a grandchild may print forever. */
void pipe_drain(struct children *c, struct pipe_end *e);

#endif
