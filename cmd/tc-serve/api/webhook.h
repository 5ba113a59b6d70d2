/* Webhooks: the events that a job's request asks for, kept in the store until they are taken. */
#ifndef TC_SERVE_API_WEBHOOK_H
#define TC_SERVE_API_WEBHOOK_H

#include "store/job.h"

struct call;
struct webhooks;
struct serve;

/*
 * Sends an event about the job, or one output of it, if the job asks for that
 * type: signed if there is a secret, from a thread of its own, again and again
 * until it is taken. cause: the call that made it happen, or NULL. Under the lock.
 */
void webhook_job(struct serve *s, const struct job *j, const char *type, const struct call *cause);
void webhook_output(struct serve *s, const struct job *j, const struct output *o, const char *type,
	const struct call *cause);

/* Send the events of output o of j, which has ended, and those of the job if it was the last. */
void webhook_output_ended(struct serve *s, const struct job *j, const struct output *o);

/* Send the progress events of output o and of its job. */
void webhook_output_progressed(struct serve *s, const struct job *j, const struct output *o);

/* Goes on with what an earlier server has left. */
void webhook_resume(struct serve *s);

/* Ends the thread, if there is one. What is not delivered stays in the store. */
void webhook_stop(struct webhooks *n);

#endif
