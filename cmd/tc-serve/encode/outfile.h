/* Files of outputs below DIR/files: JOB/N.type, or JOB/N/ with a playlist and its segments. */
#ifndef TC_SERVE_ENCODE_OUTFILE_H
#define TC_SERVE_ENCODE_OUTFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Makes the directories above path and takes away what an earlier try left; false and *why (appended) if that failed. */
bool outfile_prepare(const char *path, struct buf *why);

/* Takes away an output: the file, or the whole directory of a playlist. */
void outfile_remove(const char *path);

/* Bytes of the file, or of all files beside and below a playlist; -1 if there is no such file. */
int64_t outfile_size(const char *path);

/* True for a playlist, which has a directory of its own. */
bool outfile_is_tree(const char *path);

#endif
