/*
 * Webhooks: the events that a job's request asks for, kept in the store until
 * they are delivered.
 */
#ifndef TC_SERVE_API_WEBHOOK_H
#define TC_SERVE_API_WEBHOOK_H

#include "store/job.h"

struct call;
struct webhooks;
struct serve;

/*
 * Send an event about the job, or one of its outputs, if the job asks for that
 * type. A thread of its own signs it, if there is a secret, and retries until it
 * is delivered. cause: the call that caused it, or NULL. Under the lock.
 */
void webhook_job(struct serve *s, const struct job *j, const char *type, const struct call *cause);
void webhook_output(struct serve *s, const struct job *j, const struct output *o, const char *type,
		    const struct call *cause);

/* Send the events of output o of j, which has ended, and those of the job if it was the last. */
void webhook_output_ended(struct serve *s, const struct job *j, const struct output *o);

/* Send the progress events of output o and of its job. */
void webhook_output_progressed(struct serve *s, const struct job *j, const struct output *o);

/* Start the thread, and resume the deliveries of an earlier server. */
void webhook_resume(struct serve *s);

/* End the thread, if there is one. Undelivered events stay in the store. */
void webhook_stop(struct webhooks *n);

#endif
