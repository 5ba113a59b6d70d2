/*
 * A pace shared between processes: its state in a small locked file, one JSON
 * line that people can read.
 *
 * The file has a time of its own, so that no host's clock need be right, or
 * like another's. It began as the wall time of whoever made the file. Each
 * write says in "now" how far it has come; a process counts on from there by
 * its monotonic clock, and goes forward to any later "now" that it reads. Who
 * opens the file learns how long nobody wrote from its modification time,
 * which one clock has set: the kernel's, or that of the server it is on.
 */
#ifndef TC_FLOW_RATEFILE_H
#define TC_FLOW_RATEFILE_H

#include "flow/pace.h"

/* Opens or makes the file and takes its state over; a file that is no rate file is refused. NULL or why not. */
const char *ratefile_open(struct pace *p, const char *path, int64_t now);

/* Locks the file and reads the state; writes it back and unlocks. Nothing to do where there is no file. */
void ratefile_lock(struct pace *p, int64_t now);
void ratefile_unlock(struct pace *p, int64_t now);
void ratefile_close(struct pace *p);

#endif
