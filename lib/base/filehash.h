/* SHA-256 of a file as it is read or written, by a thread (work.h), so that the loop that moves
 * bytes does not wait for it. */
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
	int64_t done, to; /* bytes that are in it; and will be when the task has run */
	int error;        /* errno of a read that failed, EIO at an early end; 0: none */
	bool running;     /* posted, and not given back */
};

/* Has bytes up to `to` hashed, if no task of it is running; few of them are hashed here and now.
 * True: a task was posted. */
bool filehash_post(struct filehash *h, struct work *w, int64_t to);

/* Hashes up to h->to; what a task does. */
void filehash_run(struct filehash *h);

/* The sums of all that was hashed; starts anew afterwards. */
void filehash_end(struct filehash *h, struct hash_sums *out);

/* Only while no task is running. */
void filehash_free(struct filehash *h);

#endif
