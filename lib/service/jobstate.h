/* Last known state of a job, and the record made from it. */
#ifndef TC_SERVICE_JOBSTATE_H
#define TC_SERVICE_JOBSTATE_H

#include "service/service.h"

struct jobstate {
	char *id;         /* owned */
	char *status;     /* the service's last word for it, or NULL; owned */
	enum state state; /* what status means */
	bool going;       /* it runs; also counted in the flow's counts */
	double percent;   /* how far it is; also counted there while it runs */
	struct buf
		last; /* the job's object, once it has ended; empty if the service has deleted it */
	bool silent;  /* a failure is not reported on stderr */
};

/*
 * Update *j from the job's object. Warns, once a run, about a status that the
 * profile does not list. Return false, and change nothing, if it has no status.
 */
bool jobstate_update(struct service *s, const struct item *it, struct jobstate *j, struct span job);

/* Set *j from the ledger. Return false if there is no ledger, or the job has not ended as far as it
 * knows. */
bool jobstate_from_ledger(const struct service *s, struct jobstate *j);

/*
 * End the item with its record: id, status and state, and the job's object if
 * it has ended, which is also written to the ledger. e NULL: the item is ok.
 */
void jobstate_finish(struct service *s, struct item *it, const struct record *line,
		     struct jobstate *j, const struct failure *e);
void jobstate_free(struct jobstate *j);

#endif
