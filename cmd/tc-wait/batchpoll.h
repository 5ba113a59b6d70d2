/*
 * Many jobs asked about at once, where the service has a list call: a page
 * covers up to a hundred. One of the waiting items carries the request; a job
 * that no list shows is asked about by itself.
 */
#ifndef TC_WAIT_BATCHPOLL_H
#define TC_WAIT_BATCHPOLL_H

#include <stdbool.h>
#include <stdint.h>

#include "service/joblist.h"
#include "base/htab.h"

/* A job's part; all zero: the sweep does not have it. */
struct batchpoll_job {
	struct htab_node node;
	bool member, poll_singly; /* in the table; to be asked about by itself */
	unsigned round; /* the sweep that last showed it */
	unsigned added_in;  /* the sweep during which it came: that one may have passed it */
};

struct batchpoll {
	struct htab jobs;
	struct joblist listing;
	int64_t since;         /* the oldest job's creation */
	struct service_item *carrier;  /* whose turn is used for the list call, NULL: no sweep is going on */
	unsigned round, pages;
	size_t seen;           /* of ours, in this round */
	size_t finished;           /* shown in this round, and no longer waited for */
	unsigned refused;      /* list calls that failed, one after the other */
	bool disabled;              /* the service's list is of no use */
};

/* The sweep takes a job whose creation time is known: job is its object as far as it is known. id is borrowed. */
void batchpoll_add(struct batchpoll *w, const struct service *s, struct batchpoll_job *j, const char *id, struct span job);
void batchpoll_remove(struct batchpoll *w, struct batchpoll_job *j, const struct service_item *st);

/* Is this item's turn better spent on a list call? If so it is the carrier, and batchpoll_request() asks. */
bool batchpoll_try_start(struct batchpoll *w, const struct service *s, struct service_item *st, const struct batchpoll_job *j);
void batchpoll_request(struct batchpoll *w, struct service *s);

/*
 * The answer to a page. hear is called for each job of ours that it shows; it
 * must not end or put off the carrier. True: the carrier wants its next turn
 * at once. False: the sweep is over, and jobs it did not show are alone.
 */
bool batchpoll_response(struct batchpoll *w, struct service *s, const struct call_result *a,
		void (*hear)(void *ctx, struct batchpoll_job *j, struct span job), void *ctx);
void batchpoll_free(struct batchpoll *w);

#endif
