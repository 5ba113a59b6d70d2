/* One output in an encoder slot. Calls are made under the server's lock. */
#ifndef TC_SERVE_ENCODE_TASK_H
#define TC_SERVE_ENCODE_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "encode/child.h"
#include "store/job.h"

struct serve;

/* Probe each source, encode, probe the result. */
enum stage { STAGE_PROBE, STAGE_ENCODE, STAGE_CHECK };

struct task {
	char *id; /* of the job; NULL: a free slot */
	int n;    /* which output */
	enum stage stage;
	size_t input;      /* STAGE_PROBE: which source */
	struct buf probes; /* probes of the sources before it: JSON array without its end */
	struct child child;
	struct buf out, err;
	int64_t deadline;    /* clock_now(): the child is killed then */
	const char *stopped; /* why we killed it; NULL: we did not */
	double seconds;      /* of the result, for progress; 0 if unknown */
	int progress;
};

/* Start output t->n of j. The slot is free again (t->id NULL) if it failed immediately. */
void task_begin(struct serve *s, struct task *t, struct job *j);

/* Handle the child's exit status: start the next stage, or end the task. */
void task_next(struct serve *s, struct task *t, int status);

/* Read progress from ffmpeg's output so far. */
void task_progress(struct serve *s, struct task *t);

/* Return true if the encoder has written more than --max-output so far. */
bool task_too_large(const struct serve *s, const struct task *t);
#define TASK_TOO_LARGE "the output is larger than --max-output allows"

/* Read the job of a task into *j (free with job_free()). Return false if it is not in the store. */
bool task_job(const struct serve *s, const struct task *t, struct job *j);

/* Append the path of output n. */
void task_path(const struct serve *s, const struct job *j, int n, struct buf *path);

/* Free what the slot owns. A child must have ended. */
void task_free(struct task *t);

#endif
