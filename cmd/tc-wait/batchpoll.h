/*
 * Batch polling: one page of the service's list call covers up to 100 jobs.
 * One of the waiting items carries the list request; a job that no list shows
 * is polled singly.
 */
#ifndef TC_WAIT_BATCHPOLL_H
#define TC_WAIT_BATCHPOLL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/htab.h"
#include "service/joblist.h"

/* A job's part. All zero: it is not a member. */
struct batchpoll_job {
	struct htab_node node;
	bool member; /* in the table */
	bool poll_singly;
	unsigned round;    /* the last one that showed it */
	unsigned added_in; /* the round under way when it was added: its page may have passed
			      already */
};

struct batchpoll {
	struct htab jobs;
	struct joblist listing;
	int64_t since;                /* creation time of the oldest job, wall time */
	struct service_item *carrier; /* the item whose turn is used for the list call; NULL: no
					 round is under way */
	unsigned round, pages;
	size_t seen;      /* members that this round showed */
	size_t finished;  /* of them: those that left since */
	unsigned refused; /* failed list calls in a row */
	bool disabled;    /* the service's list is of no use */
};

/* Add a job, if its object shows when it was created; else it is polled singly. id is borrowed
 * until it is removed. */
void batchpoll_add(struct batchpoll *b, const struct service *s, struct batchpoll_job *j,
		   const char *id, struct span object);
void batchpoll_remove(struct batchpoll *b, struct batchpoll_job *j, const struct service_item *it);

/*
 * Return whether this item's turn is for the list call, which
 * batchpoll_request() then sends: it is the carrier, or becomes it now.
 */
bool batchpoll_try_start(struct batchpoll *b, const struct service *s, struct service_item *it,
			 const struct batchpoll_job *j);
void batchpoll_request(struct batchpoll *b, struct service *s);

/*
 * Handle a page. each is called for every member that the page shows; it must
 * not end or put off the carrier. Return true if the carrier must request
 * another page now. False: the round is over, there is no carrier, and jobs
 * that it did not show are polled singly.
 */
bool batchpoll_response(struct batchpoll *b, struct service *s, const struct call_result *r,
			void (*each)(void *ctx, struct batchpoll_job *j, struct span object),
			void *ctx);
void batchpoll_free(struct batchpoll *b);

#endif
