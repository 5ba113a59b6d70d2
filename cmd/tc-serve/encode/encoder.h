/*
 * The encoders: at most --jobs concurrent children, each making one output. Main
 * calls all of this under the lock; only encode_cancel() is called by a request.
 */
#ifndef TC_SERVE_ENCODE_ENCODER_H
#define TC_SERVE_ENCODE_ENCODER_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

struct encoder;
struct job;
struct output;
struct serve;

/* Called under the lock, with the job as it is stored now. */
struct encode_events {
	void (*ended)(struct serve *s, const struct job *j, const struct output *o);
	void (*progressed)(struct serve *s, const struct job *j, const struct output *o);
};

struct encoder *encode_new(struct serve *s, long jobs);

/* Start waiting outputs while there are free slots. */
void encode_start(struct encoder *e);

/* Fill fds (room for encode_fds_max()) with the pipes to poll. Return how many. */
size_t encode_fds_max(const struct encoder *e);
size_t encode_fds(const struct encoder *e, struct pollfd *fds);

/*
 * Return when encode_step() or encode_start() must be called even without an
 * event; NEVER if not.
 */
int64_t encode_due(const struct encoder *e);

/* Read the output of the children, and start the next stage of those that have ended. */
void encode_step(struct encoder *e);

/* Kill the children of this job, which is already canceled in the store. */
void encode_cancel(struct encoder *e, const char *id);

/* Kill all children, wait for them and free e. store_recover() makes their jobs pending again. */
void encode_end(struct encoder *e);

#endif
