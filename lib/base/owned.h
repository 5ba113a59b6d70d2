/*
 * Files that say what is done, at what pace, where a key goes and what it is:
 * as with ssh(1), they must be ours or root's, and nobody else may write to
 * them. What is no regular file (a pipe, a terminal) is whoever gave it's to
 * judge. All exit 78 with the chown or chmod that mends it.
 */
#ifndef TC_BASE_OWNED_H
#define TC_BASE_OWNED_H

#include "base/buf.h"

/* Of a file or directory that is open. what: "ledger", for the message. */
void owned_check(int fd, const char *what, const char *path);

/* The same, before a directory is used that stays closed. */
void owned_directory(const char *what, const char *path);

/* buf_read_file() of one; of one that others may not even read. */
int owned_read(struct buf *b, const char *what, const char *path, size_t max);
int owned_read_secret(struct buf *b, const char *what, const char *path, size_t max);

#endif
