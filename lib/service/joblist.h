/* The service's list call, page by page. */
#ifndef TC_SERVICE_JOBLIST_H
#define TC_SERVICE_JOBLIST_H

#include "service/service.h"

enum { PAGES_MAX = 200 };

struct joblist {
	int64_t since, until;  /* only jobs made from then on, until then (0: no bound), where the service can */
	const char *status;    /* only jobs with this status, where the service can, or NULL; borrowed */
	unsigned pages_max;    /* 0: PAGES_MAX */
	unsigned page;
	char *cursor;
	bool optional; /* there is another way: a refusal is not asked about again */
	bool next_is_address; /* the cursor is what follows the base URL for the next page */
	bool unread, cut; /* a reply had no list in it; the list has more pages than are read */
};

/* From the first page on; since is wall time by the service's clock. */
void joblist_start(struct joblist *l, int64_t since);

/* Asks for the page it is at. */
void joblist_request(struct service *s, struct service_item *st, const struct joblist *l);

/*
 * Calls hit for each job object in the reply, and moves on: true if there is
 * another page. Jobs made before `since` are left out, should the service list
 * them all the same; one whose time cannot be read is not.
 */
bool joblist_read(const struct service *s, struct joblist *l, struct span reply, void (*hit)(void *ctx, struct span job),
		  void *ctx);
void joblist_free(struct joblist *l);

/* When a job was made, as the service says it, as wall time. False: it does not say. */
bool joblist_created(const struct profile *p, struct span job, int64_t *at);

/* A listed job's id, or NULL; caller frees. */
char *joblist_id(const struct profile *p, struct span job);

#endif
