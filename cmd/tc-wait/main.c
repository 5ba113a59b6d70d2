/* tc-wait: polls each job until it has ended. A failed poll is not a failed job. */
#include <stddef.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/msg.h"
#include "wait.h"

enum {
	RETRY_FACTOR = 4,     /* a job runs on while its polls fail: allow more of them */
	BATCH_DELAY_MS = 100, /* until a job that the batch under way may show is looked at again */
};

static struct options {
	int64_t interval, max_interval, timeout, deadline;
	bool accept_partial;
	const char *events;
} o;

static const struct opt options[] = {
	{OPT_DURATION, 0, "interval", "DUR", "first interval between polls of a job", &o.interval,
	 0, 0, 0},
	{OPT_DURATION, 0, "max-interval", "DUR", "longest interval between polls of a job",
	 &o.max_interval, 0, 0, 0},
	{OPT_DURATION, 0, "timeout", "DUR", "stop waiting for a job after DUR", &o.timeout, 0, 0,
	 0},
	{OPT_DURATION, 0, "deadline", "DUR", "stop waiting for all jobs after DUR", &o.deadline, 0,
	 0, 0},
	{OPT_STRING, 'e', "events", "FILE", "read job events from FILE and poll rarely", &o.events,
	 0, 0, 0},
	{OPT_FLAG, 0, "accept-partial", NULL, "a job that made only some outputs is a success",
	 &o.accept_partial, 0, 0, 0},
	{0},
};

/* Poll the job that an event names now, unless it is backing off after a failed poll. */
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
	const struct service_item *carrier = w->batch.carrier;
	if (poll_give_up(w, j))
		return false;
	if (!carrier || carrier == it || j->batched.poll_singly || j->event_pending)
		return true;
	poll_at(w, j, clock_now() + BATCH_DELAY_MS * MILLISECOND);
	return false;
}

static void
admit(struct service *s, struct service_item *it)
{
	struct wait *w = wait_of(s);
	struct job *j = job_of(it);
	struct record *r = &j->line;
	if (!item_read_job(&s->flow, &it->item, r, w->service.profile->name, true, &j->remote.id))
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
	batchpoll_add(&w->batch, &w->service, &j->batched, j->remote.id, job);
	if (w->events.on) {
		htab_add(&w->jobs, &j->node, j->remote.id);
		j->event_pending = j->event_seen =
			seen_has(&w->early_events, span_of(j->remote.id));
	}
	poll_at(w, j, j->event_pending ? 0 : j->step.admitted_at + w->first_delay);
}

static void
start(struct service *s, struct service_item *it)
{
	struct wait *w = wait_of(s);
	struct job *j = job_of(it);
	struct template_value id = {.name = "id", .value = j->remote.id};
	struct call_request get = {
		.call = &s->profile->get, .fills = &id, .fills_n = 1, .question = true};
	bool singly = j->event_pending && w->batch.carrier != it;
	if (singly)
		j->event_pending = false;
	if (!singly && batchpoll_try_start(&w->batch, s, &j->step, &j->batched))
		batchpoll_request(&w->batch, s);
	else
		service_call(s, it, &get);
}

static void
abandon(struct service *s, struct service_item *it, bool interrupted)
{
	struct wait *w = wait_of(s);
	struct failure e = {0};
	if (interrupted) {
		poll_interrupt(w, job_of(it));
		return;
	}
	service_not_started(s, it, false, "the job may still run, wait again with the same record",
			    &e);
	poll_finish(w, job_of(it), &e);
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

/* Append n with its digits in groups: "2,915". */
static void
add_grouped(struct buf *out, size_t n)
{
	struct buf digits = {0};
	buf_fmt(&digits, "%zu", n);
	for (size_t i = 0; i < digits.n; i++) {
		if (i && (digits.n - i) % 3 == 0)
			buf_ch(out, ',');
		buf_ch(out, digits.p[i]);
	}
	buf_free(&digits);
}

static void
report_given_up(struct service *s)
{
	const struct wait *w = wait_of(s);
	struct buf n = {0};
	if (!w->given_up)
		return;
	add_grouped(&n, w->given_up);
	msg_line("%s job%s still running at the service: run it again to resume waiting",
		 buf_cstr(&n), w->given_up == 1 ? "" : "s");
	buf_free(&n);
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
	/* with events, polls are only for the case that one was lost */
	w->first_delay = o.events && !o.interval ? w->max_interval : w->interval;
	w->timeout = o.timeout;
	w->deadline_given = o.deadline;
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
		.conclude = report_given_up,
	};
	service_start(&w.service, &tool, argc, argv);
	service_ledger(&w.service, NULL, NULL);
	set_times(&w);
	if (o.events)
		events_open(&w.events, o.events);
	w.service.retry_factor = RETRY_FACTOR;
	w.service.flow.counts.remote = true;
	w.service.flow.window = 0; /* all jobs are waited for at the same time */
	int status = service_run(&w.service);
	events_close(&w.events);
	htab_free(&w.jobs);
	seen_free(&w.early_events);
	batchpoll_free(&w.batch);
	buf_free(&w.carrier_job);
	service_free(&w.service);
	return status;
}
