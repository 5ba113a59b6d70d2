/*
 * Creates whose answer was lost, on services without idempotency keys: was a
 * job made or not? The list call tells: exactly one job since then with the
 * same inputs, which no other item has, is the one (two for two lines that
 * ask for the same and are both looked for, and so on). Anything else stays
 * in doubt, for a blind retry can bill a second job.
 */
#ifndef TC_DOUBT_H
#define TC_DOUBT_H

#include "listing.h"
#include "seen.h"
#include "service.h"

/* Of a run. */
struct doubt {
	struct seen claimed; /* ids of jobs that an item has */
	struct look *looks;  /* of items that were sent or in doubt and have not ended */
	bool create_anyway;  /* --in-doubt=create */
};

/* Of an item: where looking for its job stands. */
struct look {
	bool on;
	struct look *next, **link;   /* in doubt.looks */
	const struct buf *body;      /* what was asked for; borrowed */
	int64_t since;   /* wall time before the create was sent */
	struct listing listing;
	bool sure;       /* the service's clock was known when the listing began */
	char *id;        /* the candidate */
	struct buf job;
	unsigned found;  /* candidates so far */
	unsigned again;  /* looks that found too many */
	unsigned rounds; /* how often an answer was lost */
	struct buf lost; /* what happened to the answer */
	const char *code; /* and its error code */
	bool unsent;     /* the process that was to send it was killed: with no job listed after a while, it did not */
};

struct found {
	const char *id; /* borrowed from the look; NULL: none */
	struct span job;
};

/* An item's create is about to be sent: until it ends, a job that is listed may be its. body is borrowed. */
void doubt_sending(struct doubt *d, struct look *look, const struct buf *body);

/* An item has this job. */
void doubt_claim(struct doubt *d, const char *id);

/*
 * Start looking, a moment later. Where the profile has no list call to look
 * through, or no way to tell a job, look->on stays false and error becomes
 * the final in_doubt.
 */
void doubt_begin(struct doubt *d, struct service *s, struct step *st, struct look *look, const struct buf *body,
		 struct failure *error);

/* Send the list call for the page the look is at (flow_ops.start). */
void doubt_ask(struct service *s, struct step *st, struct look *look);

/*
 * The list call's answer. One of: a job was found; e is set, the item stays in
 * doubt; neither, the item goes on (another page, or the create again, with
 * look->on false).
 */
struct found doubt_hear(struct doubt *d, struct service *s, struct step *st, struct look *look, const struct answer *a,
			struct failure *e);

/* The item ends in doubt: sets e. */
void doubt_give_up(struct look *look, struct failure *e, const char *why);
void doubt_forget(struct look *look);
void doubt_free(struct doubt *d);

#endif
