/*
 * The encoders: at most --jobs children at once, each making one output. Main
 * runs all of this under the lock; only encode_cancel() comes from a call.
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

/* Starts as many of the waiting outputs as there is room for. */
void encode_start(struct encoder *e);

/* Fills fds (room for encode_fds_max()) with the pipes to watch; returns how many. */
size_t encode_fds_max(const struct encoder *e);
size_t encode_fds(const struct encoder *e, struct pollfd *fds);

/* When encode_step() or encode_start() has something to do though nothing is heard; NEVER if not. */
int64_t encode_due(const struct encoder *e);

/* Reads what the children say, and takes the next step for those that have ended. */
void encode_step(struct encoder *e);

/* Kills what runs for this job; the store knows already that it is canceled. */
void encode_cancel(struct encoder *e, const char *id);

/* Kills all that runs and waits for the ends; the store puts them back. Frees e. */
void encode_end(struct encoder *e);

#endif
