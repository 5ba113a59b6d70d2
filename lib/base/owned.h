/*
 * Ownership checks, as in ssh(1), for files that hold keys, ledgers, rates and
 * profiles: they must belong to us or to root, and nobody else may write to
 * them. A file that is not regular (a pipe, a terminal) is not checked. All
 * exit 78 with the chown or chmod that corrects it.
 */
#ifndef TC_BASE_OWNED_H
#define TC_BASE_OWNED_H

#include "base/buf.h"

/* Check an open file or directory. what: "ledger", for the message. */
void owned_check(int fd, const char *what, const char *path);

/* Check a directory by its name. */
void owned_directory(const char *what, const char *path);

/*
 * Read a file as buf_read_file() does, after checking it; owned_read_secret()
 * requires that others cannot read it either. Return 0, or -1 with errno.
 */
int owned_read(struct buf *b, const char *what, const char *path, size_t max);
int owned_read_secret(struct buf *b, const char *what, const char *path, size_t max);

#endif
