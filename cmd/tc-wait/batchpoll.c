#include "batchpoll.h"

#include <stdlib.h>

#include "base/clock.h"
#include "json/json.h"

/* Fewer jobs than this are asked about one by one; a list that shows fewer of ours a page is not worth it. */
enum { JOBS_MIN = 16, WORTH_A_PAGE = 3, REFUSALS = 3 };

void
batchpoll_add(struct batchpoll *w, const struct service *s, struct batchpoll_job *j, const char *id, struct span job)
{
	int64_t at = -1;
	j->poll_singly = !s->profile->list.method || !job.n || !joblist_created(s->profile, job, &at);
	if (j->poll_singly)
		return;
	if (!w->jobs.n || at < w->since)
		w->since = at;
	htab_add(&w->jobs, &j->node, id);
	j->member = true;
	j->added_in = w->carrier ? w->round : 0;
}

void
batchpoll_remove(struct batchpoll *w, struct batchpoll_job *j, const struct service_item *st)
{
	if (j->member) {
		htab_remove(&w->jobs, &j->node);
		w->finished += j->round == w->round;
	}
	j->member = false;
	if (w->carrier == st)
		w->carrier = NULL;
}

bool
batchpoll_try_start(struct batchpoll *w, const struct service *s, struct service_item *st, const struct batchpoll_job *j)
{
	if (w->carrier || w->disabled || j->poll_singly || w->jobs.n < JOBS_MIN || w->jobs.n <= (size_t)s->jobs)
		return w->carrier == st;
	w->carrier = st;
	w->round++;
	w->pages = 0;
	w->seen = w->finished = 0;
	w->listing.optional = true; /* each can be asked about by itself */
	joblist_start(&w->listing, w->since);
	return true;
}

void
batchpoll_request(struct batchpoll *w, struct service *s)
{
	joblist_request(s, w->carrier, &w->listing);
}

static struct batchpoll_job *
job_of(struct htab_node *n)
{
	return (struct batchpoll_job *)(void *)n;
}

struct page {
	struct batchpoll *w;
	const struct service *s;
	void (*hear)(void *, struct batchpoll_job *, struct span);
	void *ctx;
};

static void
take(void *ctx, struct span job)
{
	struct page *p = ctx;
	char *id = joblist_id(p->s->profile, job);
	/* the next of that name is found first: hearing of a job may take it out of the table */
	struct htab_node *n = id ? htab_find(&p->w->jobs, id, NULL) : NULL, *next;
	for (; n; n = next) {
		next = htab_find(&p->w->jobs, id, n);
		if (job_of(n)->round != p->w->round) {
			job_of(n)->round = p->w->round;
			p->w->seen++;
			p->hear(p->ctx, job_of(n), job);
		}
	}
	free(id);
}

/* What this sweep did not show is asked about by itself from now on. */
static void
part_with_unshown(struct batchpoll *w)
{
	for (size_t i = 0; i < w->jobs.cap; i++)
		for (struct htab_node *n = w->jobs.slot[i]; n; n = n->next)
			if (job_of(n)->round != w->round && job_of(n)->added_in != w->round)
				job_of(n)->poll_singly = true;
}

bool
batchpoll_response(struct batchpoll *w, struct service *s, const struct call_result *a,
	   void (*hear)(void *, struct batchpoll_job *, struct span), void *ctx)
{
	struct page p = {w, s, hear, ctx};
	if (a->kind != CALL_OK) {
		w->disabled = ++w->refused == REFUSALS; /* one may be a proxy's */
	} else {
		w->refused = 0;
		w->pages++;
		/* all of ours were shown: older pages hold others' */
		if (joblist_read(s, &w->listing, a->doc, take, &p) && w->seen - w->finished < w->jobs.n)
			return true;
		part_with_unshown(w);
		w->disabled = w->seen < (size_t)w->pages * WORTH_A_PAGE;
	}
	w->carrier = NULL;
	return false;
}

void
batchpoll_free(struct batchpoll *w)
{
	htab_free(&w->jobs);
	joblist_free(&w->listing);
}
