/* Hashes of a file as it is read or written, by a thread (work.h), so that transfers do not wait.
 */
#ifndef TC_BASE_FILEHASH_H
#define TC_BASE_FILEHASH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/work.h"

struct filehash {
	struct task task; /* first: work_next() gives it back */
	struct hash *hash;
	int fd;           /* borrowed; read with pread(2) */
	int64_t done, to; /* bytes hashed; and to be hashed when the task has run */
	int error;        /* errno of a read that failed, EIO at an early end; 0: none */
	bool running;     /* the task is posted and has not come back */
};

/*
 * Hash the bytes up to `to`, unless a task is running: a few immediately, more
 * in a task. Return true if a task was posted.
 */
bool filehash_post(struct filehash *h, struct work *w, int64_t to);

/* Hash n bytes that were just read at `at`, if they come next and no task is running: a small file
 * need not be read twice. */
void filehash_take(struct filehash *h, int64_t at, const char *bytes, size_t n);

/*
 * Add the bytes of fd from *at up to `to` to h, and set *at past the last one
 * added. Return 0, or errno of the read; EIO if the file ends before.
 */
int filehash_read(struct hash *h, int fd, int64_t *at, int64_t to);

/* Hash up to h->to: what the task runs. */
void filehash_run(struct filehash *h);

/* Set *out to the hashes of all bytes so far, and start over. */
void filehash_end(struct filehash *h, struct hash_sums *out);

/* Free what h owns. Call it only while no task is running. */
void filehash_free(struct filehash *h);

#endif
