/*
 * Many jobs asked about at once, where the service has a list call: a page
 * covers up to a hundred. One of the waiting items carries the request; a job
 * that no list shows is asked about by itself.
 */
#ifndef TC_SWEEP_H
#define TC_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "listing.h"
#include "names.h"

/* A job's part; all zero: the sweep does not have it. */
struct sweep_job {
	struct name_node node;
	bool in, alone; /* in the table; to be asked about by itself */
	unsigned round; /* the sweep that last showed it */
	unsigned born;  /* the sweep during which it came: that one may have passed it */
};

struct sweep {
	struct names jobs;
	struct listing listing;
	int64_t since;         /* the oldest job's creation */
	struct step *carrier;  /* whose turn is used for the list call, NULL: no sweep is going on */
	unsigned round, pages;
	size_t shown;          /* of ours, in this round */
	size_t gone;           /* shown in this round, and no longer waited for */
	unsigned refused;      /* list calls that failed, one after the other */
	bool off;              /* the service's list is of no use */
};

/* The sweep takes a job whose creation time is known: job is its object as far as it is known. id is borrowed. */
void sweep_join(struct sweep *w, const struct service *s, struct sweep_job *j, const char *id, struct span job);
void sweep_leave(struct sweep *w, struct sweep_job *j, const struct step *st);

/* Is this item's turn better spent on a list call? If so it is the carrier, and sweep_send() asks. */
bool sweep_begin(struct sweep *w, const struct service *s, struct step *st, const struct sweep_job *j);
void sweep_send(struct sweep *w, struct service *s);

/*
 * The answer to a page. hear is called for each job of ours that it shows; it
 * must not end or put off the carrier. True: the carrier wants its next turn
 * at once. False: the sweep is over, and jobs it did not show are alone.
 */
bool sweep_hear(struct sweep *w, struct service *s, const struct answer *a,
		void (*hear)(void *ctx, struct sweep_job *j, struct span job), void *ctx);
void sweep_free(struct sweep *w);

#endif
