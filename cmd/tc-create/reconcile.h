/*
 * Reconciles create requests whose response was lost, for services without
 * idempotency keys: the service's list of jobs is searched.
 *
 * An item whose create may have made a job looks for it among the jobs listed
 * since the create was sent, by the inputs that were asked for. If one is
 * listed, and no other item could have made it, it is the item's. If none is
 * in a complete listing that began once the create was as old as the profile's
 * /create/settle, the create made none and is sent again. Anything else stays
 * in doubt: a blind retry can bill a second job.
 */
#ifndef TC_CREATE_RECONCILE_H
#define TC_CREATE_RECONCILE_H

#include "base/seen.h"
#include "service/joblist.h"
#include "service/service.h"

/* --in-doubt: search until the list settles it; search once; search once and create what is not
 * clear. */
enum in_doubt { DOUBT_LIST, DOUBT_FAIL, DOUBT_CREATE };

/* Of a run. */
struct reconcile {
	struct service *service;
	enum in_doubt mode;
	struct seen taken_ids; /* of jobs that belong to an item */
	struct reconcile_item
		*items; /* whose create was sent or is in doubt, and that have not ended */
	struct strings ended_bodies; /* requests of items that ended in doubt: a listed job may be
					theirs */
};

/* Of an item. All but body_of's target is owned; instants are monotonic. */
struct reconcile_item {
	struct reconcile *run;
	struct service_item *item;
	const struct buf *body;    /* its request; borrowed */
	const struct record *line; /* borrowed, too */
	struct reconcile_item *next, **link;

	bool active; /* its job is being looked for */
	bool ended_in_doubt;
	bool unsent;                /* no create was sent: a job that exists is to be adopted */
	int64_t sent_at;            /* when the create was sent, at the latest */
	bool sent_at_unknown;       /* nothing is known of how much earlier */
	unsigned times_lost;        /* responses lost so far */
	struct failure lost_reason; /* of the last one; no code: another process sent it */
	int64_t not_before;         /* the service asked for this wait */

	/* the listing under way */
	struct joblist listing;
	bool started;
	bool clock_known; /* of the service, when the first page was requested */
	int64_t started_at;
	char *id; /* the last match, and its object */
	struct buf job;
	unsigned matches;
	bool maybe_unsent; /* another item's create under way could have made one of them */
	bool ambiguous;    /* another item in doubt could have made one of them */
	bool elsewhere;    /* another process could have made it */
	bool unnamed;      /* one that could be the item's has no id */
	bool identified, unidentified; /* one shows what it was made of; one does not, and is
					  nobody's yet */
	unsigned retries;              /* listings that were ambiguous */
};

/* A job that was found. Borrowed from the reconcile_item; id NULL: none. */
struct reconcile_match {
	const char *id;
	struct span job;
};

/* Set up *r for an item; all is borrowed. */
void reconcile_item_init(struct reconcile_item *r, struct reconcile *run, struct service_item *it,
			 const struct buf *body, const struct record *line);

/* Note that the item's create is about to be sent: until the item ends, a listed job may be its. */
void reconcile_sent(struct reconcile_item *r);

/* Note that another process has sent it, at wall time `since` by some host's clock. A time in the
 * future is ignored. */
void reconcile_sent_elsewhere(struct reconcile_item *r, int64_t since);

/* Return when the create was sent, as wall time by this host's clock; 0: unknown. */
int64_t reconcile_sent_at(const struct reconcile_item *r);

/* Note that the job belongs to an item. */
void reconcile_taken(struct reconcile *run, const char *id);

/*
 * Start looking. lost: what happened to the response; without a code, another
 * process sent the create. Return true if the item goes on (r->active, or the
 * create again); false if it ends with *e.
 */
bool reconcile_start(struct reconcile_item *r, const struct failure *lost, struct failure *e);

/* Send the list call for the current page. */
void reconcile_request(struct reconcile_item *r);

/*
 * Handle the list call's result. One of three: a job was found; e is set and
 * the item ends with it; or neither, and the item has its next turn (another
 * page, a later listing, or with !r->active the create again).
 */
struct reconcile_match reconcile_response(struct reconcile_item *r,
					  const struct call_result *result, struct failure *e);

/* Set *e: the item ends in doubt. temporary: a later run can look again. */
void reconcile_fail(struct reconcile_item *r, struct failure *e, bool temporary, const char *why);

void reconcile_item_free(struct reconcile_item *r);
void reconcile_free(struct reconcile *run);

#endif
