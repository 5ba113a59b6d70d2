/*
 * Questions whose answer makes no sense for a job that exists. Reads lag behind
 * writes, proxies answer for the service: one such answer never ends a job
 * that is paid for, only one that persists.
 */
#ifndef TC_SERVICE_QUESTION_H
#define TC_SERVICE_QUESTION_H

#include "service/service.h"

/*
 * Asks again after a backoff, true; or false: it has persisted, --retries times
 * the service's patience and, where it is known that the job was made, at least
 * the service's settle time since the line came in. e then says so.
 */
bool question_again(struct service *s, struct service_item *st, struct failure *e);

/* An answer has made sense: what comes next counts anew, and the job is there. */
void question_answered(struct service_item *st);

#endif
