#include "batchpoll.h"

#include <stdlib.h>

#include "base/clock.h"
#include "json/json.h"

enum {
	JOBS_MIN = 16,    /* fewer jobs are polled singly */
	WORTH_A_PAGE = 3, /* a list that shows fewer of ours per page is not used again */
	REFUSALS = 3,     /* failed list calls; a single one may be a proxy's */
};

void
batchpoll_add(struct batchpoll *b, const struct service *s, struct batchpoll_job *j, const char *id,
	      struct span job)
{
	int64_t at = -1;
	j->poll_singly =
		!s->profile->list.method || !job.n || !joblist_created(s->profile, job, &at);
	if (j->poll_singly)
		return;
	if (!b->jobs.n || at < b->since)
		b->since = at;
	htab_add(&b->jobs, &j->node, id);
	j->member = true;
	j->added_in = b->carrier ? b->round : 0;
}

void
batchpoll_remove(struct batchpoll *b, struct batchpoll_job *j, const struct service_item *it)
{
	if (j->member) {
		htab_remove(&b->jobs, &j->node);
		b->finished += j->round == b->round;
	}
	j->member = false;
	if (b->carrier == it)
		b->carrier = NULL;
}

bool
batchpoll_try_start(struct batchpoll *b, const struct service *s, struct service_item *it,
		    const struct batchpoll_job *j)
{
	if (b->carrier || b->disabled || j->poll_singly || b->jobs.n < JOBS_MIN ||
	    b->jobs.n <= (size_t)s->jobs)
		return b->carrier == it;
	b->carrier = it;
	b->round++;
	b->pages = 0;
	b->seen = b->finished = 0;
	b->listing.optional = true; /* each job can be polled singly */
	joblist_start(&b->listing, b->since);
	return true;
}

void
batchpoll_request(struct batchpoll *b, struct service *s)
{
	joblist_request(s, b->carrier, &b->listing);
}

static struct batchpoll_job *
job_of(struct htab_node *n)
{
	return (struct batchpoll_job *)(void *)n;
}

struct page {
	struct batchpoll *b;
	const struct service *s;
	void (*each)(void *, struct batchpoll_job *, struct span);
	void *ctx;
};

static void
on_job(void *ctx, struct span job)
{
	struct page *p = ctx;
	char *id = joblist_id(p->s->profile, job);
	/* find the next one of that name first: each() may remove this one */
	struct htab_node *n = id ? htab_find(&p->b->jobs, id, NULL) : NULL, *next;
	for (; n; n = next) {
		next = htab_find(&p->b->jobs, id, n);
		if (job_of(n)->round != p->b->round) {
			job_of(n)->round = p->b->round;
			p->b->seen++;
			p->each(p->ctx, job_of(n), job);
		}
	}
	free(id);
}

/* Poll singly, from now on, what this round did not show. */
static void
poll_unseen_singly(struct batchpoll *b)
{
	for (size_t i = 0; i < b->jobs.cap; i++)
		for (struct htab_node *n = b->jobs.slot[i]; n; n = n->next)
			if (job_of(n)->round != b->round && job_of(n)->added_in != b->round)
				job_of(n)->poll_singly = true;
}

bool
batchpoll_response(struct batchpoll *b, struct service *s, const struct call_result *r,
		   void (*each)(void *, struct batchpoll_job *, struct span), void *ctx)
{
	struct page p = {b, s, each, ctx};
	if (r->kind != CALL_OK) {
		b->disabled = ++b->refused == REFUSALS;
	} else {
		b->refused = 0;
		b->pages++;
		/* stop once all of ours were shown: older pages have others' jobs */
		if (joblist_read(s, &b->listing, r->doc, on_job, &p) &&
		    b->seen - b->finished < b->jobs.n)
			return true;
		poll_unseen_singly(b);
		b->disabled = b->seen < (size_t)b->pages * WORTH_A_PAGE;
	}
	b->carrier = NULL;
	return false;
}

void
batchpoll_free(struct batchpoll *b)
{
	htab_free(&b->jobs);
	joblist_free(&b->listing);
}
