/*
 * Creates that may have made a job and may not, on services without
 * idempotency keys: the answer was lost, or the process that sent it has gone.
 * The list call tells. Exactly one job since then with the same inputs, which
 * no other item has, is the one (two for two lines that ask for the same and
 * are both looked for, and so on). None in a whole listing that began when
 * the create was settled, that is as old as the profile's /create/settle: it
 * made none, and is sent again. Anything else stays in doubt, for a blind try
 * can bill a second job.
 */
#ifndef TC_CREATE_RECONCILE_H
#define TC_CREATE_RECONCILE_H

#include "service/joblist.h"
#include "base/seen.h"
#include "service/service.h"

/* --in-doubt: ask until the list has settled it; ask once; ask once and create what is not clear. */
enum in_doubt { DOUBT_LIST, DOUBT_FAIL, DOUBT_CREATE };

/* Of a run. */
struct reconcile {
	struct seen claimed; /* ids of jobs that an item has */
	struct reconcile_item *looks;  /* of items that were sent or in doubt and have not ended */
	struct strings left; /* the requests of items that ended in doubt: what is listed may be theirs */
	enum in_doubt mode;
};

/* Of an item: where looking for its job stands. */
struct reconcile_item {
	bool on;                   /* its job is looked for */
	bool in_doubt;             /* the item ended so */
	struct reconcile_item *next, **link; /* in doubt.looks */
	const struct buf *body;    /* what was asked for; borrowed */
	int64_t sent;              /* when the create was sent, at the latest; monotonic */
	bool undated;              /* and nothing is known of how early */
	struct joblist listing;
	bool begun, sure;          /* its first page was asked for; the service's clock was known then */
	int64_t asked;             /* when that was, monotonic */
	char *id;                  /* the candidate */
	struct buf job;
	unsigned found;            /* candidates so far */
	bool creating, unclear;    /* a create under way, or another item in doubt, could have made one of them */
	unsigned again;            /* looks that found too many */
	unsigned rounds;           /* how often an answer was lost */
	struct failure lost;       /* what happened to the last one; no code: another process sent it */
	int64_t not_before;        /* the service asked for that wait; monotonic */
};

struct reconcile_match {
	const char *id; /* borrowed from the look; NULL: none */
	struct span job;
};

/* An item's create is about to be sent: until it ends, a job that is listed may be its. body is borrowed. */
void reconcile_sent(struct reconcile *d, struct reconcile_item *look, const struct buf *body);

/* Another process has sent it, at wall time `since` by this machine's clock or another's. A time to come is worth nothing. */
void doubt_take_up(struct reconcile_item *look, int64_t since);

/* When the create was sent, as wall time of now; 0: not known. */
int64_t doubt_since(const struct reconcile_item *look);

/* An item has this job. */
void reconcile_taken(struct reconcile *d, const char *id);

/*
 * Start looking. lost: what happened to the answer; without a code the item
 * was taken up. True: the item goes on (look->on, or the create again).
 * False: it ends with e.
 */
bool reconcile_start(struct reconcile *d, struct service *s, struct service_item *st, struct reconcile_item *look, const struct buf *body,
		 const struct failure *lost, struct failure *e);

/* Send the list call for the page the look is at (flow_ops.start). */
void reconcile_request(struct service *s, struct service_item *st, struct reconcile_item *look);

/*
 * The list call's answer. One of: a job was found; e is set, the item ends
 * with it; neither, the item goes on (another page, a later look, or the
 * create again, with look->on false).
 */
struct reconcile_match reconcile_response(struct reconcile *d, struct service *s, struct service_item *st, struct reconcile_item *look, const struct call_result *a,
			struct failure *e);

/* The item ends in doubt: sets e. temporary: a later run can look again. */
void reconcile_fail(struct reconcile *d, struct reconcile_item *look, struct failure *e, bool temporary, const char *why);
void reconcile_item_free(struct reconcile_item *look);
void reconcile_free(struct reconcile *d);

#endif
