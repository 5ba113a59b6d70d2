/* What the end of a job is for its item. */
#ifndef TC_SERVICE_JOBERROR_H
#define TC_SERVICE_JOBERROR_H

#include "flow/failure.h"
#include "service/profile.h"

/*
 * Why a job in this state is no success, from its object: job_failed,
 * job_partial, job_canceled or job_blocked, with what the service says. False,
 * and nothing set, if it is one or goes on.
 */
bool job_failure(struct failure *e, const struct profile *p, enum state state, struct span job);

#endif
