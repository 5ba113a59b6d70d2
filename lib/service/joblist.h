/* The service's list call, page by page. */
#ifndef TC_SERVICE_JOBLIST_H
#define TC_SERVICE_JOBLIST_H

#include "base/seen.h"
#include "service/service.h"

enum { PAGES_MAX = 200 };

struct joblist {
	int64_t since, until; /* only jobs made in this time, wall time by the service's clock; 0:
				 no bound */
	const char *status;   /* only jobs with this status, or NULL; borrowed. The service may not
				 filter by all of since, until and status */
	unsigned pages_max;   /* 0: PAGES_MAX */
	unsigned page;
	char *cursor;
	bool whole;           /* read on after any page that is not full: something depends on it */
	bool beyond;          /* the page before was not full: there may be no such page */
	bool optional;        /* do not retry a refusal: the caller has another way */
	bool next_is_address; /* the cursor is what follows the base URL for the next page */
	bool unread;          /* a response had no list in it, or the same jobs again and again */
	bool repeats;         /* the latter */
	bool cut;             /* the list has more pages than are read */
	size_t unnamed;       /* listed jobs that have no id */
	struct seen ids;      /* of the jobs listed so far */
	unsigned stale;       /* pages in a row with jobs that are all listed already */
};

/* Start again from the first page. */
void joblist_start(struct joblist *l, int64_t since);

/* Send the list call for the current page. */
void joblist_request(struct service *s, struct service_item *st, const struct joblist *l);

/*
 * Call each for every job object in the response, and move on; return true if
 * there is another page. Jobs made before `since` are left out, even if the
 * service lists them; one whose time cannot be read, or has no zone and may be
 * of then, is not left out.
 */
bool joblist_read(const struct service *s, struct joblist *l, struct span reply,
		  void (*each)(void *ctx, struct span job), void *ctx);

/* Return whether a failed call says that there was no further page. */
bool joblist_ended(const struct joblist *l, const struct call_result *r);

/* Request a page whose response has no list again, within the budget of question_again(). Return
 * false if all is well, or that is used up (l->unread). */
bool joblist_again(struct service *s, struct service_item *st, struct joblist *l);
void joblist_free(struct joblist *l);

/* Set *at to the job's creation time, wall time by the service's clock. Return false if it has none
 * that can be read. */
bool joblist_created(const struct profile *p, struct span job, int64_t *at);

/* Return a listed job's id, or NULL. Caller frees. */
char *joblist_id(const struct profile *p, struct span job);

#endif
