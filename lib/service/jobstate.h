/* What a service has told of a job, and the record that comes of it. */
#ifndef TC_SERVICE_JOBSTATE_H
#define TC_SERVICE_JOBSTATE_H

#include "service/service.h"

struct jobstate {
	char *id;         /* owned */
	char *status;     /* the last word heard, or NULL; owned */
	enum state state; /* what that means */
	bool going;       /* it runs there; counted in the flow's counts too */
	double percent;   /* how far it is; counted in the flow's counts while it goes on */
	struct buf last;  /* the job's object, once it has ended; empty where the service has none any more */
	bool silent;      /* why it failed is said elsewhere, not by a line on stderr */
};

/*
 * Takes the status out of a job's object. A word that no profile knows is
 * warned of, once a run. False, and nothing changed: the object has none.
 */
bool jobstate_update(struct service *s, const struct item *it, struct jobstate *j, struct span job);

/* The same out of the ledger. False: there is none, or it has not heard of the job's end. */
bool jobstate_from_ledger(const struct service *s, struct jobstate *j);

/*
 * Ends the item with its record: the job's id, status and state are set, and
 * the job if it has ended, which the ledger is told too. e NULL: it is ok.
 */
void jobstate_finish(struct service *s, struct item *it, const struct record *line, struct jobstate *j,
		   const struct failure *e);
void jobstate_free(struct jobstate *j);

#endif
