/* One output on its way through an encoder slot. Calls are made under the server's lock. */
#ifndef TC_SERVE_ENCODE_TASK_H
#define TC_SERVE_ENCODE_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "encode/child.h"
#include "store/job.h"

struct serve;

/* Look at each source, encode, look at the result. */
enum stage { STAGE_PROBE, STAGE_ENCODE, STAGE_CHECK };

struct task {
	char *id; /* of the job; NULL: a free slot */
	int n;    /* which output */
	enum stage stage;
	size_t input;      /* STAGE_PROBE: which source */
	struct buf probes; /* what the sources before it are: JSON array without its end */
	struct child child;
	struct buf out, err;
	int64_t deadline;     /* monotonic: the child is ended then */
	const char *stopped;  /* why we ended it, NULL: we did not */
	double seconds;    /* of the result, for progress; 0 if unknown */
	int progress;
};

/* Starts on output t->n of j. The slot is free again (t->id NULL) if it failed at once. */
void task_begin(struct serve *s, struct task *t, struct job *j);

/* The child has ended with this status: the next stage, or the end of the task. */
void task_next(struct serve *s, struct task *t, int status);

/* Takes progress out of what ffmpeg has said so far. */
void task_progress(struct serve *s, struct task *t);

/* Is what the encoder has written so far more than an output may have? */
bool task_too_large(const struct serve *s, const struct task *t);
#define TASK_TOO_LARGE "the output is larger than --max-output allows"

/* Gives back what the slot owns; a child must have ended. */
void task_free(struct task *t);

#endif
