/*
 * Requests that change nothing, and whose response makes no sense for a job
 * that exists. Replicas lag, and proxies respond for the service: a single odd
 * response never ends a job that is paid for, only one that persists.
 */
#ifndef TC_SERVICE_QUESTION_H
#define TC_SERVICE_QUESTION_H

#include "service/service.h"

/*
 * Send the request again after a backoff and return true. Return false if odd
 * responses have persisted: more than --retries times s->retry_factor and, if
 * the job is known to exist, for s->settle since its admission. *e then says
 * how often and for how long.
 */
bool question_again(struct service *s, struct service_item *st, struct failure *e);

/* Note that a response made sense: the job exists, and odd responses are counted from 0. */
void question_answered(struct service_item *st);

#endif
