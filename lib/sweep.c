#include "sweep.h"

#include <stdlib.h>

#include "clock.h"
#include "date.h"
#include "json.h"

/* Fewer jobs than this are asked about one by one; a list that shows fewer of ours a page is not worth it. */
enum { JOBS_MIN = 16, WORTH_A_PAGE = 3, REFUSALS = 3 };

void
sweep_join(struct sweep *w, const struct service *s, struct sweep_job *j, const char *id, struct span job)
{
	char *made = s->profile->list.method && job.n ? profile_find(&s->profile->list_created, job) : NULL;
	int64_t at = -1;
	if (made)
		(void)date_parse(made, &at);
	free(made);
	j->alone = at < 0;
	if (j->alone)
		return;
	if (!w->jobs.n || at < w->since)
		w->since = at;
	names_add(&w->jobs, &j->node, id);
	j->in = true;
	j->born = w->carrier ? w->round : 0;
}

void
sweep_leave(struct sweep *w, struct sweep_job *j, const struct step *st)
{
	if (j->in) {
		names_remove(&w->jobs, &j->node);
		w->gone += j->round == w->round;
	}
	j->in = false;
	if (w->carrier == st)
		w->carrier = NULL;
}

bool
sweep_begin(struct sweep *w, const struct service *s, struct step *st, const struct sweep_job *j)
{
	if (w->carrier || w->off || j->alone || w->jobs.n < JOBS_MIN || w->jobs.n <= (size_t)s->jobs)
		return w->carrier == st;
	w->carrier = st;
	w->round++;
	w->pages = 0;
	w->shown = w->gone = 0;
	w->listing.optional = true; /* each can be asked about by itself */
	listing_start(&w->listing, w->since);
	return true;
}

void
sweep_send(struct sweep *w, struct service *s)
{
	listing_send(s, w->carrier, &w->listing);
}

static struct sweep_job *
job_of(struct name_node *n)
{
	return (struct sweep_job *)(void *)n;
}

struct page {
	struct sweep *w;
	const struct service *s;
	void (*hear)(void *, struct sweep_job *, struct span);
	void *ctx;
};

static void
take(void *ctx, struct span job)
{
	struct page *p = ctx;
	char *id = profile_find(&p->s->profile->id, job);
	/* the next of that name is found first: hearing of a job may take it out of the table */
	struct name_node *n = id ? names_find(&p->w->jobs, id, NULL) : NULL, *next;
	for (; n; n = next) {
		next = names_find(&p->w->jobs, id, n);
		if (job_of(n)->round != p->w->round) {
			job_of(n)->round = p->w->round;
			p->w->shown++;
			p->hear(p->ctx, job_of(n), job);
		}
	}
	free(id);
}

/* What this sweep did not show is asked about by itself from now on. */
static void
part_with_unshown(struct sweep *w)
{
	for (size_t i = 0; i < w->jobs.cap; i++)
		for (struct name_node *n = w->jobs.slot[i]; n; n = n->next)
			if (job_of(n)->round != w->round && job_of(n)->born != w->round)
				job_of(n)->alone = true;
}

bool
sweep_hear(struct sweep *w, struct service *s, const struct answer *a,
	   void (*hear)(void *, struct sweep_job *, struct span), void *ctx)
{
	struct page p = {w, s, hear, ctx};
	if (a->kind != ANSWER_OK) {
		w->off = ++w->refused == REFUSALS; /* one may be a proxy's */
	} else {
		w->refused = 0;
		w->pages++;
		/* all of ours were shown: older pages hold others' */
		if (listing_read(s, &w->listing, a->doc, take, &p) && w->shown - w->gone < w->jobs.n)
			return true;
		part_with_unshown(w);
		w->off = w->shown < (size_t)w->pages * WORTH_A_PAGE;
	}
	w->carrier = NULL;
	return false;
}

void
sweep_free(struct sweep *w)
{
	names_free(&w->jobs);
	listing_free(&w->listing);
}
