/* When a job is polled, and what its state means, from its own call or from a list. */
#include <stddef.h>
#include <stdlib.h>

#include "base/clock.h"
#include "service/joberror.h"
#include "service/question.h"
#include "wait.h"

enum { BODY_SHOWN = 200 };

#define RERUN "rerun tc-wait on the output of tc-create, or, with -l, the same command"

void
poll_finish(struct wait *w, struct job *j, const struct failure *e)
{
	batchpoll_remove(&w->batch, &j->batched, &j->step);
	if (j->node.name)
		htab_remove(&w->jobs, &j->node);
	j->node.name = NULL;
	jobstate_finish(&w->service, &j->step.item, &j->line, &j->remote, e);
}

/* End the job without a message: there may be thousands, and one line at the end counts them. */
static void
finish_silently(struct wait *w, struct job *j, const struct failure *e)
{
	j->remote.silent = true;
	w->given_up++;
	poll_finish(w, j, e);
}

void
poll_interrupt(struct wait *w, struct job *j)
{
	struct failure e = {0};
	failure_set(&e, "interrupted", true,
		    "stopped waiting; the job continues at the service (" RERUN ")");
	finish_silently(w, j, &e);
	failure_free(&e);
}

bool
poll_give_up(struct wait *w, struct job *j)
{
	struct failure e = {0};
	int64_t now = clock_now();
	bool all = now >= w->deadline,
	     this_one = w->timeout && now >= j->step.admitted_at + w->timeout;
	if (!all && !this_one)
		return false;
	failure_set(&e, "timeout", true, "still not finished %lld s after %s (%s); " RERUN,
		    (long long)((all ? w->deadline_given : w->timeout) / SECOND),
		    all ? "the start" : "its line was read",
		    j->remote.status ? j->remote.status : "status unknown");
	if (all)
		finish_silently(w, j, &e);
	else
		poll_finish(w, j, &e);
	failure_free(&e);
	return true;
}

/* End the job because its poll failed for good. A second signal ends the requests under way, which
 * fail so. */
static void
on_failed(struct wait *w, struct job *j, const struct failure *e)
{
	if (w->service.flow.signal && e->temporary)
		poll_interrupt(w, j);
	else
		poll_finish(w, j, e);
}

void
poll_at(struct wait *w, struct job *j, int64_t due)
{
	if (w->timeout && due > j->step.admitted_at + w->timeout)
		due = j->step.admitted_at + w->timeout;
	if (due > w->deadline)
		due = w->deadline;
	flow_schedule(&w->service.flow, &j->step.item, due);
}

/* Schedule the next poll of a job that still runs. */
static void
schedule_poll(struct wait *w, struct job *j)
{
	/* an event may come before the service itself shows the end: then the interval grows anew
	 */
	int64_t interval = j->event_seen ? w->interval : w->first_delay;
	for (unsigned i = 0; i < j->polls && interval < w->max_interval; i++)
		interval = (int64_t)((double)interval * w->service.profile->poll_factor);
	j->polls++;
	poll_at(w, j,
		j->event_pending
			? 0
			: clock_now() + (interval < w->max_interval ? interval : w->max_interval));
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
		poll_finish(w, j,
			    job_failure(&e, w->service.profile, state, buf_all(&j->remote.last))
				    ? &e
				    : NULL);
	failure_free(&e);
}

/* Take the status out of the job's object; false if it has none. */
static bool
update(struct wait *w, struct job *j, struct span object)
{
	bool ok = jobstate_update(&w->service, &j->step.item, &j->remote, object);
	if (ok)
		question_answered(&j->step);
	return ok;
}

/*
 * Return whether a listed object is as complete as the job's own. A list may
 * omit why a job failed.
 */
static bool
is_complete(const struct wait *w, enum state state, struct span object)
{
	if (state != STATE_FAILED && state != STATE_PARTIAL)
		return true;
	char *why = profile_find(&w->service.profile->message, object);
	free(why);
	return why != NULL;
}

static void
on_listed_job(void *ctx, struct batchpoll_job *batched, struct span object)
{
	struct wait *w = ctx;
	struct job *j = (struct job *)(void *)((char *)batched - offsetof(struct job, batched));
	if (&j->step == w->batch.carrier) { /* must not end before its call has */
		w->carrier_job.n = 0;
		buf_span(&w->carrier_job, object);
		return;
	}
	if (j->step.item.state != ITEM_WAITING || !update(w, j, object))
		return;
	if (is_complete(w, j->remote.state, object)) {
		poll_on_state(w, j);
	} else {
		batched->poll_singly = true;
		poll_at(w, j, 0);
	}
}

/* Handle a page of the list; j is the batch's carrier. */
static void
on_page(struct wait *w, struct job *j, const struct call_result *r)
{
	bool more = batchpoll_response(&w->batch, &w->service, r, on_listed_job, w);
	struct span own = buf_all(&w->carrier_job);
	if (!more && own.n && update(w, j, own) && is_complete(w, j->remote.state, own)) {
		poll_on_state(w, j);
	} else {
		j->batched.poll_singly = !more;
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
	if (w->batch.carrier == it) {
		on_page(w, j, r);
	} else if (r->kind != CALL_OK) {
		on_failed(w, j, r->error);
	} else if (update(w, j, service_job(s, r->doc))) {
		j->batched.poll_singly = !j->batched.member;
		poll_on_state(w, j);
	} else {
		struct failure e = {.http = r->status};
		failure_set(&e, "bad_response", false,
			    "HTTP %d, but the reply has no status in it: %.*s", r->status,
			    (int)(r->doc.n < BODY_SHOWN ? r->doc.n : BODY_SHOWN), r->doc.p);
		if (!question_again(s, it, &e))
			on_failed(w, j, &e);
		failure_free(&e);
	}
}
