/* Maps a job's final state to its item's error. */
#ifndef TC_SERVICE_JOBERROR_H
#define TC_SERVICE_JOBERROR_H

#include "flow/failure.h"
#include "service/profile.h"

/*
 * Set *e for a job that failed, was canceled, is partial or blocked, with the
 * message and code in its object. Return false, and leave *e alone, for a job
 * that succeeded or is still running.
 */
bool job_failure(struct failure *e, const struct profile *p, enum state state, struct span job);

#endif
