/*
 * A pace shared between processes: its state in a small locked file, one line
 * of JSON that people can read.
 *
 * The file has a time of its own, so that no host's clock must be right or
 * agree with another's. It began as the wall time of the process that made the
 * file. Each write says in "now" how far it has come; a process counts on from
 * there by its monotonic clock, and moves forward to any later "now" that it
 * reads. A process that opens the file takes the time since the last write
 * from the modification time, which is set by one clock: the kernel's, or that
 * of the file server.
 *
 * Private to pace.c.
 */
#ifndef TC_FLOW_RATEFILE_H
#define TC_FLOW_RATEFILE_H

#include "flow/pace.h"

/*
 * Open or make the file and take over its state. Return NULL, or what is
 * wrong: a file that is not a rate file is refused.
 */
const char *ratefile_open(struct pace *p, const char *path, int64_t now);

/* Lock the file and read the state; write it back and unlock. Without a file, do nothing. */
void ratefile_lock(struct pace *p, int64_t now);
void ratefile_unlock(struct pace *p, int64_t now);
void ratefile_close(struct pace *p);

#endif
