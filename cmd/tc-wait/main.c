/*
 * tc-wait: asks about each job until it has ended. One process, one timer
 * heap, a few warm connections, for any number of jobs. A question that fails
 * is not a job that fails.
 */
#include "wait.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"

/* A job goes on while questions about it fail; one that a sweep may answer waits for it. */
enum { PATIENCE = 4, SWEEP_MS = 100 };

static struct options {
	int64_t interval, max_interval, timeout, deadline;
	bool accept_partial;
	const char *events;
} o;

static const struct opt options[] = {
	{OPT_DURATION, 0, "interval", "DUR", "first interval between questions about a job", &o.interval, 0, 0, 0},
	{OPT_DURATION, 0, "max-interval", "DUR", "longest interval it grows to", &o.max_interval, 0, 0, 0},
	{OPT_DURATION, 0, "timeout", "DUR", "give a job up after DUR", &o.timeout, 0, 0, 0},
	{OPT_DURATION, 0, "deadline", "DUR", "give all jobs up after DUR", &o.deadline, 0, 0, 0},
	{OPT_STRING, 'e', "events", "FILE", "hear of jobs in the lines of FILE, and ask rarely", &o.events, 0, 0, 0},
	{OPT_FLAG, 0, "accept-partial", NULL, "a job that ended in part is a success", &o.accept_partial, 0, 0, 0},
	{0},
};

void
poll_finish(struct wait *w, struct job *j, const struct failure *e)
{
	batchpoll_remove(&w->sweep, &j->swept, &j->step);
	if (j->node.name)
		htab_remove(&w->jobs, &j->node);
	j->node.name = NULL;
	jobstate_finish(&w->service, &j->step.item, &j->line, &j->remote, e);
}

/* All are given up at once: said in one line at the end, for there may be thousands. */
static void
leave(struct wait *w, struct job *j, struct failure *e)
{
	j->remote.silent = true;
	w->left++;
	poll_finish(w, j, e);
}

static void
interrupt(struct wait *w, struct job *j, struct failure *e)
{
	failure_set(e, "interrupted", true, "stopped while the job was going on: wait again with the same record");
	leave(w, j, e);
}

void
wait_refused(struct wait *w, struct job *j, struct failure *e)
{
	/* a second signal ends the requests that are under way */
	if (w->service.flow.signal && e->temporary)
		interrupt(w, j, e);
	else
		poll_finish(w, j, e);
}

static void
give_up(struct wait *w, struct job *j, const char *what, int64_t after)
{
	struct failure e = {0};
	failure_set(&e, "timeout", true, "not ended %lld s after %s (%s): wait again with the same record",
		 (long long)(after / SECOND), what, j->remote.status ? j->remote.status : "no status heard");
	if (clock_now() >= w->deadline)
		leave(w, j, &e);
	else
		poll_finish(w, j, &e);
	failure_free(&e);
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

/* There is word of a job. One that waits for its next try, after a failed one, does so all the same. */
static void
on_event(void *ctx, const char *id)
{
	struct wait *w = ctx;
	struct htab_node *n = htab_find(&w->jobs, id, NULL);
	if (!n)
		seen_add(&w->early_events, span_of(id));
	for (; n; n = htab_find(&w->jobs, id, n)) {
		struct job *j = (struct job *)(void *)((char *)n - offsetof(struct job, node));
		j->event_pending = j->event_seen = true;
		j->polls = 0;
		if (j->step.item.state == ITEM_WAITING && !j->step.failures)
			poll_at(w, j, 0);
	}
}

static bool
ready(struct service *s, struct service_item *it)
{
	struct wait *w = wait_of(s);
	struct job *j = job_of(it);
	int64_t now = clock_now();
	if (now >= w->deadline)
		give_up(w, j, "the start", o.deadline);
	else if (w->timeout && now >= j->step.admitted_at + w->timeout)
		give_up(w, j, "it came in", w->timeout);
	else if (w->sweep.carrier && w->sweep.carrier != &j->step && !j->swept.poll_singly && !j->event_pending)
		poll_at(w, j, now + SWEEP_MS * MILLISECOND);
	else
		return true;
	return false;
}

static void
admit(struct service *s, struct service_item *it)
{
	struct wait *w = wait_of(s);
	struct job *j = job_of(it);
	struct record *r = &j->line;
	if (!item_read_job(&s->flow, &it->item, r, w->service.profile->name, &j->remote.id))
		return;
	j->step.admitted_at = clock_now();
	j->step.made = r->kind == RECORD_RECORD;
	if (jobstate_from_ledger(&w->service, &j->remote)) {
		flow_replayed(&it->item);
		poll_on_state(w, j);
		return;
	}
	struct span job = {0};
	json_get(r->value, "job", &job);
	batchpoll_add(&w->sweep, &w->service, &j->swept, j->remote.id, job);
	if (w->events.on) {
		htab_add(&w->jobs, &j->node, j->remote.id);
		j->event_pending = j->event_seen = seen_has(&w->early_events, span_of(j->remote.id));
	}
	poll_at(w, j, j->event_pending ? 0 : j->step.admitted_at + w->first_delay);
}

static void
start(struct service *s, struct service_item *it)
{
	struct wait *w = wait_of(s);
	struct job *j = job_of(it);
	struct template_value id = {.name = "id", .value = j->remote.id};
	struct call_request ask = {.call = &s->profile->get, .fills = &id, .fills_n = 1, .question = true};
	bool alone = j->event_pending && w->sweep.carrier != &j->step;
	if (alone)
		j->event_pending = false;
	if (!alone && batchpoll_try_start(&w->sweep, s, &j->step, &j->swept))
		batchpoll_request(&w->sweep, s);
	else
		service_call(s, &j->step, &ask);
}

static void
abandon(struct service *s, struct service_item *it, bool interrupted)
{
	struct wait *w = wait_of(s);
	struct failure e = {0};
	if (interrupted) {
		interrupt(w, job_of(it), &e);
	} else {
		service_not_started(s, it, false, "the job may go on, wait again with the same record", &e);
		poll_finish(w, job_of(it), &e);
	}
	failure_free(&e);
}

static int
extra_fd(struct service *s, int64_t *until)
{
	struct wait *w = wait_of(s);
	int64_t due = events_due(&w->events);
	*until = due < *until ? due : *until;
	return events_fd(&w->events);
}

static void
woke(struct service *s)
{
	struct wait *w = wait_of(s);
	events_read(&w->events, on_event, w);
}

/* "2915" as 2,915. */
static void
say_left(struct service *s)
{
	const struct wait *w = wait_of(s);
	struct buf n = {0}, grouped = {0};
	buf_fmt(&n, "%zu", w->left);
	for (size_t i = 0; i < n.n; i++) {
		if (i && (n.n - i) % 3 == 0)
			buf_ch(&grouped, ',');
		buf_ch(&grouped, n.p[i]);
	}
	if (w->left)
		msg_line("%s job%s still running at the service: run it again to go on waiting", buf_cstr(&grouped),
			 w->left == 1 ? "" : "s");
	buf_free(&n);
	buf_free(&grouped);
}

static void
release(struct service_item *it)
{
	struct job *j = job_of(it);
	record_free(&j->line);
	jobstate_free(&j->remote);
}

static void
set_times(struct wait *w)
{
	const struct profile *p = w->service.profile;
	w->interval = o.interval ? o.interval : p->poll_first;
	w->max_interval = o.max_interval ? o.max_interval : p->poll_cap;
	if (w->max_interval < w->interval)
		w->max_interval = w->interval;
	/* with events a question is for the case that one was lost */
	w->first_delay = o.events && !o.interval ? w->max_interval : w->interval;
	w->timeout = o.timeout;
	w->deadline = o.deadline ? clock_now() + o.deadline : NEVER;
	w->service.deadline = w->deadline;
	w->service.settle = p->get_settle;
	w->accept_partial = o.accept_partial;
}

int
main(int argc, char **argv)
{
	static struct wait w;
	static const struct service_tool tool = {
		.usage = "[options] [job-id ...]",
		.about = "Wait until the job of each line has ended: a record, or a bare job id.",
		.options = options,
		.polls = true,
		.item_size = sizeof(struct job),
		.admit = admit,
		.ready = ready,
		.start = start,
		.done = poll_response,
		.abandon = abandon,
		.release = release,
		.extra_fd = extra_fd,
		.woke = woke,
		.conclude = say_left,
	};
	service_start(&w.service, &tool, argc, argv);
	service_ledger(&w.service, NULL);
	set_times(&w);
	if (o.events)
		events_open(&w.events, o.events);
	w.service.retry_factor = PATIENCE;
	w.service.flow.counts.remote = true;
	w.service.flow.window = 0; /* all jobs are waited for at once */
	int status = service_run(&w.service);
	events_close(&w.events);
	htab_free(&w.jobs);
	seen_free(&w.early_events);
	batchpoll_free(&w.sweep);
	buf_free(&w.carrier_job);
	service_free(&w.service);
	return status;
}
