/* Webhooks: the events that a job's request asks for, kept in the store until they are taken. */
#ifndef SERVE_NOTIFY_H
#define SERVE_NOTIFY_H

#include "job.h"

struct call;
struct notifier;
struct serve;

/*
 * Sends an event about the job, or one output of it, if the job asks for that
 * type: signed if there is a secret, from a thread of its own, again and again
 * until it is taken. cause: the call that made it happen, or NULL. Under the lock.
 */
void notify_job(struct serve *s, const struct job *j, const char *type, const struct call *cause);
void notify_output(struct serve *s, const struct job *j, const struct output *o, const char *type,
	const struct call *cause);

/* The events of output o of j that has ended, and with the last one of the job. */
void notify_ended(struct serve *s, const struct job *j, const struct output *o);

/* Goes on with what an earlier server has left. */
void notify_resume(struct serve *s);

/* Ends the thread, if there is one. What is not delivered stays in the store. */
void notify_stop(struct notifier *n);

#endif
