/* What the service says of a job, asked about alone or shown in a list. */
#include "wait.h"

#include <stddef.h>
#include <stdlib.h>

#include "clock.h"
#include "jobend.h"
#include "msg.h"

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

/* The next question about a job that goes on. */
static void
ask_again(struct wait *w, struct job *j)
{
	/* an event may come before the service itself tells of the end: then the interval grows anew */
	int64_t interval = j->named ? w->soon : w->first;
	for (unsigned i = 0; i < j->asked && interval < w->longest; i++)
		interval = (int64_t)((double)interval * w->service.profile->poll_factor);
	j->asked++;
	wait_ask_at(w, j, j->news ? 0 : clock_now() + (interval < w->longest ? interval : w->longest));
}

void
wait_on_state(struct wait *w, struct job *j, enum state state)
{
	struct failure e = {0};
	if (state == STATE_PENDING || state == STATE_RUNNING)
		ask_again(w, j);
	else if (state == STATE_PARTIAL && w->accept_partial)
		wait_finish(w, j, NULL);
	else
		wait_finish(w, j, jobend_failure(&e, w->service.profile, state, buf_all(&j->last)) ? &e : NULL);
	fail_free(&e);
}

/* What a job's object says of it: the status is kept, and the object if it is the last one. */
static bool
hear_job(struct wait *w, struct job *j, struct span job, enum state *state)
{
	struct service *s = &w->service;
	bool known;
	char *status = profile_find(&s->profile->status, job);
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
	if (says_all(w, state, object)) {
		wait_on_state(w, j, state);
	} else {
		swept->alone = true;
		wait_ask_at(w, j, 0);
	}
}

static void
on_listed(struct wait *w, struct job *j, const struct answer *a)
{
	enum state state;
	bool more = sweep_hear(&w->sweep, &w->service, a, hear_listed, w);
	if (!more && w->own.n && hear_job(w, j, buf_all(&w->own), &state) && says_all(w, state, buf_all(&w->own))) {
		wait_on_state(w, j, state);
	} else {
		j->swept.alone = !more;
		wait_ask_at(w, j, 0);
	}
	if (!more)
		w->own.n = 0;
}

void
wait_answer(struct service *s, struct step *st, const struct answer *a)
{
	struct wait *w = wait_of(s);
	struct job *j = job_of(&st->item);
	enum state state;
	if (w->sweep.carrier == st) {
		on_listed(w, j, a);
	} else if (a->kind != ANSWER_OK) {
		wait_finish(w, j, a->error);
	} else if (hear_job(w, j, service_job(s, a->doc), &state)) {
		j->swept.alone = !j->swept.in;
		wait_on_state(w, j, state);
	} else {
		struct failure e = {.http = a->status};
		fail_set(&e, "bad_response", false, "HTTP %d, but the reply has no status in it: %.*s", a->status,
			 (int)(a->doc.n < 200 ? a->doc.n : 200), a->doc.p);
		wait_finish(w, j, &e);
		fail_free(&e);
	}
}
