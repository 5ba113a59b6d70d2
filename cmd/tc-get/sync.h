/* Making files and their names durable: small files in groups (sync.c), a large one by itself while
 * its bytes arrive (flush.c). */
#ifndef TC_GET_SYNC_H
#define TC_GET_SYNC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/work.h"

struct file;
struct get;
struct job;

/* Who gives a complete file its name. */
enum naming {
	NAME_LATER,  /* finish.c, after other things */
	NAME_RENAME, /* the thread that made it durable */
	NAME_LINK,   /* likewise, but NAME.part stays until the ledger has the file */
};

enum { SYNC_SLICES = 4 };

/* Some files of a group, for one thread. */
struct sync_slice {
	struct task task;
	struct file **files;
	size_t n;
};

/* Files and their names, made durable in groups (sync.c). */
struct sync {
	struct sync_slice slices[SYNC_SLICES + 1]; /* the last one syncs directories */
	size_t running_n; /* slices of the current group that have not come back */
	struct file **waiting, **running;
	size_t n, cap, running_cap;
	int *dirs; /* of the current group: directories, and jobs with names in them */
	size_t dirs_n, dirs_cap;
	struct job *settled;
	int dirs_errno;
};

/* flush.c. Start to make a large file durable if enough has come; last: if anything has. */
void flush_start(struct file *f, bool last);

/* Return the file whose flush a task was; NULL if it was another task. */
struct file *flush_file(struct task *t);

/* Take back the task. Return true if more of the part is durable than before. */
bool flush_take(struct file *f);

/* sync.c. Add a file to the next group; f->hashing is set until it is durable. */
void sync_add(struct file *f);

/* Start a group of the files and the complete jobs that wait, unless one is under way. */
void sync_start(struct get *g);

/* Return the slice that a task was; NULL if it was none. */
struct sync_slice *sync_slice_of(struct sync *s, struct task *t);
void sync_free(struct sync *s);

#endif
