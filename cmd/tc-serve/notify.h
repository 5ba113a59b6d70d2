/* Webhooks: an event for each job that has ended and whose request names a webhook_url. */
#ifndef SERVE_NOTIFY_H
#define SERVE_NOTIFY_H

#include "job.h"

struct notifier;
struct serve;

/*
 * Sends the event that j has ended, signed if there is a secret, from a thread
 * of its own, again and again until it is taken. Does nothing if j names no
 * webhook_url or has not ended. Under the lock.
 */
void notify_ended(struct serve *s, const struct job *j);

/* Ends the thread, if there is one. What is not delivered is lost. */
void notify_stop(struct notifier *n);

#endif
