/* A pace shared between processes: its state in a small locked file, one JSON line that people can read. */
#ifndef TC_PACEFILE_H
#define TC_PACEFILE_H

#include "pace.h"

/* Opens or makes the file and takes its state over; a file that is no rate file is refused. NULL or why not. */
const char *pacefile_open(struct pace *p, const char *path);

/* Locks the file and reads the state; writes it back and unlocks. Nothing to do where there is no file. */
void pacefile_lock(struct pace *p);
void pacefile_unlock(struct pace *p);
void pacefile_close(struct pace *p);

#endif
