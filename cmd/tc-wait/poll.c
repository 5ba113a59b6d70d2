/* What the service says of a job, asked about alone or shown in a list. */
#include "wait.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/clock.h"
#include "service/joberror.h"
#include "base/msg.h"
#include "service/question.h"

/* The next question about a job that goes on. */
static void
schedule_poll(struct wait *w, struct job *j)
{
	/* an event may come before the service itself tells of the end: then the interval grows anew */
	int64_t interval = j->event_seen ? w->interval : w->first_delay;
	for (unsigned i = 0; i < j->polls && interval < w->max_interval; i++)
		interval = (int64_t)((double)interval * w->service.profile->poll_factor);
	j->polls++;
	poll_at(w, j, j->event_pending ? 0 : clock_now() + (interval < w->max_interval ? interval : w->max_interval));
}

void
poll_on_state(struct wait *w, struct job *j)
{
	struct failure e = {0};
	enum state state = j->remote.state;
	if (state == STATE_PENDING || state == STATE_RUNNING)
		schedule_poll(w, j);
	else if (state == STATE_PARTIAL && w->accept_partial)
		poll_finish(w, j, NULL);
	else
		poll_finish(w, j, job_failure(&e, w->service.profile, state, buf_all(&j->remote.last)) ? &e : NULL);
	failure_free(&e);
}

static bool
hear(struct wait *w, struct job *j, struct span job)
{
	bool heard = jobstate_update(&w->service, &j->step.item, &j->remote, job);
	if (heard)
		question_answered(&j->step);
	return heard;
}

static struct job *
swept_job(struct batchpoll_job *swept)
{
	return (struct job *)(void *)((char *)swept - offsetof(struct job, swept));
}

/* Does a list say all that a question about this job alone would? Of a failure it may leave out why. */
static bool
says_all(const struct wait *w, enum state state, struct span object)
{
	if (state != STATE_FAILED && state != STATE_PARTIAL)
		return true;
	char *why = profile_find(&w->service.profile->message, object);
	free(why);
	return why != NULL;
}

static void
on_listed_job(void *ctx, struct batchpoll_job *swept, struct span object)
{
	struct wait *w = ctx;
	struct job *j = swept_job(swept);
	if (&j->step == w->sweep.carrier) {
		w->carrier_job.n = 0;
		buf_span(&w->carrier_job, object);
		return;
	}
	if (j->step.item.state != ITEM_WAITING || !hear(w, j, object))
		return;
	if (says_all(w, j->remote.state, object)) {
		poll_on_state(w, j);
	} else {
		swept->poll_singly = true;
		poll_at(w, j, 0);
	}
}

static void
on_listed(struct wait *w, struct job *j, const struct call_result *a)
{
	bool more = batchpoll_response(&w->sweep, &w->service, a, on_listed_job, w);
	if (!more && w->carrier_job.n && hear(w, j, buf_all(&w->carrier_job)) && says_all(w, j->remote.state, buf_all(&w->carrier_job))) {
		poll_on_state(w, j);
	} else {
		j->swept.poll_singly = !more;
		poll_at(w, j, 0);
	}
	if (!more)
		w->carrier_job.n = 0;
}

void
poll_response(struct service *s, struct service_item *it, const struct call_result *r)
{
	struct wait *w = wait_of(s);
	struct job *j = job_of(it);
	if (w->sweep.carrier == it) {
		on_listed(w, j, r);
	} else if (r->kind != CALL_OK) {
		wait_refused(w, j, r->error);
	} else if (hear(w, j, service_job(s, r->doc))) {
		j->swept.poll_singly = !j->swept.member;
		poll_on_state(w, j);
	} else {
		struct failure e = {.http = r->status};
		failure_set(&e, "bad_response", false, "HTTP %d, but the reply has no status in it: %.*s", r->status,
			 (int)(r->doc.n < 200 ? r->doc.n : 200), r->doc.p);
		if (!question_again(s, it, &e))
			wait_refused(w, j, &e);
		failure_free(&e);
	}
}
