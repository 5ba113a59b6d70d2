/* Files of outputs below DIR/files: JOB/N.type, or JOB/N/ with a playlist and its segments. */
#ifndef TC_SERVE_ENCODE_OUTFILE_H
#define TC_SERVE_ENCODE_OUTFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Create the directories of path and remove what an earlier try left. Return
 * false, and append to *why, on failure.
 */
bool outfile_prepare(const char *path, struct buf *why);

/* Remove an output: the file, or the whole directory of a playlist. */
void outfile_remove(const char *path);

/*
 * Return the size of the file, or of all files in the directory of a playlist,
 * in bytes; -1 if it does not exist.
 */
int64_t outfile_size(const char *path);

/* Return the directory of a path. The caller frees. */
char *outfile_directory(const char *path);

/* Return true for a playlist, which has a directory of its own. */
bool outfile_is_tree(const char *path);

#endif
