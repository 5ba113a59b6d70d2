/*
 * tc-wait: asks about each job until it has ended. One process, one timer
 * heap, a few warm connections, for any number of jobs. A question that fails
 * is not a job that fails.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "msg.h"
#include "service.h"
#include "sweep.h"

/* A job goes on while questions about it fail; one that a sweep may answer waits for it. */
enum { PATIENCE = 4, SWEEP_MS = 100 };

struct wait {
	struct service service;
	int64_t first, longest; /* intervals between questions about one job */
	int64_t timeout;        /* for one job, 0: none */
	int64_t deadline;       /* for all, monotonic; NEVER: none */
	bool accept_partial;
	struct sweep sweep;
	struct buf own;         /* what a sweep shows of its carrier */
	struct strings warned;  /* status words that no profile knows, said once */
};

struct job {
	struct step step;
	struct record line;
	char *id;
	char *status;      /* the last one heard, or NULL */
	unsigned asked;    /* answered questions */
	struct sweep_job swept;
	struct buf last;   /* the last job object heard */
};

static struct options {
	int64_t interval, max_interval, timeout, deadline;
	bool accept_partial;
} o;

static const struct opt options[] = {
	{OPT_DURATION, 0, "interval", "DUR", "first interval between questions about a job", &o.interval, 0, 0, 0},
	{OPT_DURATION, 0, "max-interval", "DUR", "longest interval it grows to", &o.max_interval, 0, 0, 0},
	{OPT_DURATION, 0, "timeout", "DUR", "give a job up after DUR", &o.timeout, 0, 0, 0},
	{OPT_DURATION, 0, "deadline", "DUR", "give all jobs up after DUR", &o.deadline, 0, 0, 0},
	{OPT_FLAG, 0, "accept-partial", NULL, "a job that ended in part is a success", &o.accept_partial, 0, 0, 0},
	{0},
};

static struct job *
job_of(struct item *it)
{
	return (struct job *)(void *)it;
}

static struct wait *
wait_of(struct service *s)
{
	return (struct wait *)(void *)s;
}

/* An ended job is not asked about again, by this run or a later one. */
static void
note_ended(struct service *s, const struct job *j, struct span status, struct span state)
{
	struct buf b = {0}, job = {0};
	struct ledger_known known;
	ledger_job_key(&job, s->profile->name, j->id);
	if (!ledger_find(s->ledger, 'j', buf_all(&job), &known)) {
		json_str(&b, "provider", span_of(s->profile->name));
		json_str(&b, "id", span_of(j->id));
		json_raw(&b, "status", status);
		json_raw(&b, "state", state);
		json_raw(&b, "job", buf_all(&j->last));
		ledger_write(s->ledger, LEDGER_ENDED, NULL, 0, buf_all(&b));
	}
	buf_free(&b);
	buf_free(&job);
}

/* The job's record, as far as it is known; e NULL: it ended well. */
static void
finish(struct wait *w, struct job *j, const struct failure *e)
{
	struct service *s = &w->service;
	sweep_leave(&w->sweep, &j->swept, &j->step);
	struct buf id = {0}, status = {0}, state = {0};
	bool known;
	if (j->line.kind != LINE_RECORD) /* what a record says already stays as it is */
		json_quote(&id, span_of(j->id));
	if (j->status) {
		json_quote(&status, span_of(j->status));
		json_quote(&state, span_of(state_word(profile_state(s->profile, j->status, &known))));
	}
	struct json_member set[] = {{"id", {id.p, id.n}},
				    {"status", {status.p, status.n}},
				    {"state", {state.p, state.n}},
				    {"job", {j->last.p, j->last.n}}};
	if (e)
		service_complain(s, &j->step.item, j->id, e);
	if (s->ledger && j->last.n && (!e || strcmp(e->code, "job_blocked") != 0))
		note_ended(s, j, buf_all(&status), buf_all(&state));
	record_done(&s->flow, &j->step.item, &j->line, set, sizeof set / sizeof *set, e);
	buf_free(&id);
	buf_free(&status);
	buf_free(&state);
}

static void
give_up(struct wait *w, struct job *j, const char *what, int64_t after)
{
	struct failure e = {0};
	fail_set(&e, "timeout", true, "not ended %lld s after %s (%s): wait again with the same record",
		 (long long)(after / SECOND), what, j->status ? j->status : "no status heard");
	finish(w, j, &e);
	fail_free(&e);
}

/* The next question, but never later than the time at which the job is given up. */
static void
ask_at(struct wait *w, struct job *j, int64_t due)
{
	if (w->timeout && due > j->step.seen + w->timeout)
		due = j->step.seen + w->timeout;
	if (due > w->deadline)
		due = w->deadline;
	flow_later(&w->service.flow, &j->step.item, due);
}

static bool
ready(struct flow *f, struct item *it)
{
	struct wait *w = wait_of(f->tool);
	struct job *j = job_of(it);
	int64_t now = clock_now();
	if (now >= w->deadline)
		give_up(w, j, "the start", o.deadline);
	else if (w->timeout && now >= j->step.seen + w->timeout)
		give_up(w, j, "it came in", w->timeout);
	else if (w->sweep.carrier && w->sweep.carrier != &j->step && !j->swept.alone)
		ask_at(w, j, now + SWEEP_MS * MILLISECOND);
	else
		return true;
	return false;
}

static void
start(struct flow *f, struct item *it)
{
	struct service *s = f->tool;
	struct wait *w = wait_of(s);
	struct job *j = job_of(it);
	struct fill id = {"id", j->id};
	struct ask ask = {.call = &s->profile->get, .fills = &id, .fills_n = 1};
	if (sweep_begin(&w->sweep, s, &j->step, &j->swept))
		sweep_send(&w->sweep, s);
	else
		service_send(s, &j->step, &ask);
}

/* A word that no profile knows keeps the wait going, and is said once. */
static void
warn_unknown(struct wait *w, const struct job *j)
{
	if (strings_have(&w->warned, j->status))
		return;
	w->warned.v = mem_grow(w->warned.v, (w->warned.n + 1) * sizeof *w->warned.v);
	w->warned.v[w->warned.n++] = mem_dup(span_of(j->status));
	msg_warn("line %zu: job %s: status \"%s\" is not in profile %s: taken as running", j->step.item.index + 1, j->id,
		 j->status, w->service.profile->name);
}

static void
ended_badly(struct wait *w, struct job *j, const char *code, const char *what)
{
	const struct profile *p = w->service.profile;
	struct failure e = {0};
	char *message = service_text(&p->message, buf_all(&j->last)), *reason = service_text(&p->code, buf_all(&j->last));
	fail_set(&e, code, false, "%s%s%s", what, message ? ": " : "", message ? message : "");
	if (reason)
		buf_str(&e.reason, reason);
	finish(w, j, &e);
	fail_free(&e);
	free(message);
	free(reason);
}

static void
on_state(struct wait *w, struct job *j, enum state state)
{
	int64_t interval = w->first;
	switch (state) {
	case STATE_SUCCEEDED:
		finish(w, j, NULL);
		break;
	case STATE_PARTIAL:
		if (w->accept_partial)
			finish(w, j, NULL);
		else
			ended_badly(w, j, "job_partial", "only some outputs were made");
		break;
	case STATE_FAILED:
		ended_badly(w, j, "job_failed", "the job failed");
		break;
	case STATE_CANCELED:
		ended_badly(w, j, "job_canceled", "the job was canceled");
		break;
	case STATE_BLOCKED:
		ended_badly(w, j, "job_blocked", "the job waits for a confirmation and will not go on by itself");
		break;
	case STATE_PENDING:
	case STATE_RUNNING:
		for (unsigned i = 0; i < j->asked && interval < w->longest; i++)
			interval = (int64_t)((double)interval * w->service.profile->poll_factor);
		j->asked++;
		ask_at(w, j, clock_now() + (interval < w->longest ? interval : w->longest));
		break;
	}
}

/* A job whose end an earlier run has heard: as if it were heard now. */
static bool
known_to_ledger(struct wait *w, struct job *j)
{
	struct service *s = &w->service;
	struct ledger_known known;
	struct buf key = {0};
	struct span v;
	bool is_known;
	ledger_job_key(&key, s->profile->name, j->id);
	bool found = ledger_find(s->ledger, 'j', buf_all(&key), &known) && json_get(known.line, "job", &v) == 1;
	buf_free(&key);
	if (!found)
		return false;
	buf_span(&j->last, v);
	j->status = json_get(known.line, "status", &v) == 1 ? json_text(v) : NULL;
	on_state(w, j, profile_state(s->profile, j->status ? j->status : "", &is_known));
	return true;
}

static void
admit(struct flow *f, struct item *it)
{
	struct wait *w = wait_of(f->tool);
	struct job *j = job_of(it);
	struct record *r = &j->line;
	record_read(r, it);
	if (r->kind == LINE_RECORD && !r->ok) {
		record_pass(f, it, r);
		return;
	}
	record_id(r, w->service.profile->name, &j->id);
	if (r->kind == LINE_BAD) {
		record_bad(f, it, r);
		return;
	}
	j->step.seen = clock_now();
	if (w->service.ledger && known_to_ledger(w, j))
		return;
	struct span job = {0};
	json_get(r->value, "job", &job);
	sweep_join(&w->sweep, &w->service, &j->swept, j->id, job);
	ask_at(w, j, j->step.seen + w->first);
}

/* What a job's object says of it: the status is kept, and the object if it is the last one. */
static bool
hear_job(struct wait *w, struct job *j, struct span job, enum state *state)
{
	struct service *s = &w->service;
	bool known;
	char *status = service_text(&s->profile->status, job);
	if (!status)
		return false;
	free(j->status);
	j->status = status;
	*state = profile_state(s->profile, status, &known);
	if (!known)
		warn_unknown(w, j);
	j->last.n = 0;
	if (state_ended(*state))
		buf_span(&j->last, job);
	return true;
}

static struct job *
swept_job(struct sweep_job *swept)
{
	return (struct job *)(void *)((char *)swept - offsetof(struct job, swept));
}

/* A list shows a job. What ended badly is asked about once more by itself: lists leave details out. */
static void
hear_listed(void *ctx, struct sweep_job *swept, struct span object)
{
	struct wait *w = ctx;
	struct job *j = swept_job(swept);
	enum state state;
	if (&j->step == w->sweep.carrier) {
		w->own.n = 0;
		buf_span(&w->own, object);
		return;
	}
	if (j->step.item.state != ITEM_WAITING || !hear_job(w, j, object, &state))
		return;
	if (!state_ended(state) || state == STATE_SUCCEEDED) {
		on_state(w, j, state);
	} else {
		swept->alone = true;
		ask_at(w, j, 0);
	}
}

static void
on_listed(struct wait *w, struct job *j, const struct answer *a)
{
	enum state state;
	bool more = sweep_hear(&w->sweep, &w->service, a, hear_listed, w);
	if (!more && w->own.n && hear_job(w, j, buf_all(&w->own), &state) &&
	    (!state_ended(state) || state == STATE_SUCCEEDED)) {
		on_state(w, j, state);
	} else {
		j->swept.alone = !more;
		ask_at(w, j, 0);
	}
	if (!more)
		w->own.n = 0;
}

static void
answer(struct service *s, struct step *st, const struct answer *a)
{
	struct wait *w = wait_of(s);
	struct job *j = job_of(&st->item);
	enum state state;
	if (w->sweep.carrier == st) {
		on_listed(w, j, a);
	} else if (a->kind != ANSWER_OK) {
		finish(w, j, a->error);
	} else if (hear_job(w, j, service_job(s, a->doc), &state)) {
		j->swept.alone = !j->swept.in;
		on_state(w, j, state);
	} else {
		struct failure e = {.http = a->status};
		fail_set(&e, "bad_response", false, "HTTP %d, but the reply has no status in it: %.*s", a->status,
			 (int)(a->doc.n < 200 ? a->doc.n : 200), a->doc.p);
		finish(w, j, &e);
		fail_free(&e);
	}
}

static void
abandon(struct flow *f, struct item *it, bool interrupted)
{
	struct failure e = {0};
	if (interrupted)
		fail_set(&e, "interrupted", true, "stopped while the job was going on: wait again with the same record");
	else
		service_abandon(f->tool, &job_of(it)->step, false, "the job may go on, wait again with the same record", &e);
	finish(wait_of(f->tool), job_of(it), &e);
	fail_free(&e);
}

static void
release(struct item *it)
{
	struct job *j = job_of(it);
	record_free(&j->line);
	free(j->id);
	free(j->status);
	buf_free(&j->last);
}

static const struct flow_ops ops = {
	.item_size = sizeof(struct job),
	.admit = admit,
	.ready = ready,
	.start = start,
	.commit = service_commit,
	.abandon = abandon,
	.wait = service_wait,
	.stop = service_stop,
	.release = release,
};

static void
set_times(struct wait *w)
{
	const struct profile *p = w->service.profile;
	w->first = o.interval ? o.interval : p->poll_first;
	w->longest = o.max_interval ? o.max_interval : p->poll_cap;
	if (w->longest < w->first)
		w->longest = w->first;
	w->timeout = o.timeout;
	w->deadline = o.deadline ? clock_now() + o.deadline : NEVER;
	w->service.give_up = w->deadline;
	w->accept_partial = o.accept_partial;
}

int
main(int argc, char **argv)
{
	static struct wait w;
	const struct program program = {
		"[options] [job-id ...]",
		"Wait until the job of each line has ended: a record, or a bare job id.",
		{options, service_table},
		service_version,
	};
	msg_init(argv[0]);
	service_defaults();
	int i = opt_parse(&program, argc, argv);
	service_init(&w.service, &ops, argv + i, false);
	service_ledger(&w.service, NULL);
	set_times(&w);
	w.service.answer = answer;
	w.service.patience = PATIENCE;
	int status = service_run(&w.service);
	for (size_t k = 0; k < w.warned.n; k++)
		free(w.warned.v[k]);
	free(w.warned.v);
	sweep_free(&w.sweep);
	buf_free(&w.own);
	service_free(&w.service);
	return status;
}
