/* What the service says of a job, asked about alone or shown in a list. */
#include "wait.h"

#include <stddef.h>
#include <stdlib.h>

#include "clock.h"
#include "jobend.h"
#include "msg.h"
#include "question.h"

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
wait_on_state(struct wait *w, struct job *j)
{
	struct failure e = {0};
	enum state state = j->told.state;
	if (state == STATE_PENDING || state == STATE_RUNNING)
		ask_again(w, j);
	else if (state == STATE_PARTIAL && w->accept_partial)
		wait_finish(w, j, NULL);
	else
		wait_finish(w, j, jobend_failure(&e, w->service.profile, state, buf_all(&j->told.last)) ? &e : NULL);
	fail_free(&e);
}

static bool
hear(struct wait *w, struct job *j, struct span job)
{
	bool heard = jobstate_hear(&w->service, &j->step.item, &j->told, job);
	if (heard)
		question_answered(&j->step);
	return heard;
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
	if (&j->step == w->sweep.carrier) {
		w->own.n = 0;
		buf_span(&w->own, object);
		return;
	}
	if (j->step.item.state != ITEM_WAITING || !hear(w, j, object))
		return;
	if (says_all(w, j->told.state, object)) {
		wait_on_state(w, j);
	} else {
		swept->alone = true;
		wait_ask_at(w, j, 0);
	}
}

static void
on_listed(struct wait *w, struct job *j, const struct answer *a)
{
	bool more = sweep_hear(&w->sweep, &w->service, a, hear_listed, w);
	if (!more && w->own.n && hear(w, j, buf_all(&w->own)) && says_all(w, j->told.state, buf_all(&w->own))) {
		wait_on_state(w, j);
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
	if (w->sweep.carrier == st) {
		on_listed(w, j, a);
	} else if (a->kind != ANSWER_OK) {
		wait_refused(w, j, a->error);
	} else if (hear(w, j, service_job(s, a->doc))) {
		j->swept.alone = !j->swept.in;
		wait_on_state(w, j);
	} else {
		struct failure e = {.http = a->status};
		fail_set(&e, "bad_response", false, "HTTP %d, but the reply has no status in it: %.*s", a->status,
			 (int)(a->doc.n < 200 ? a->doc.n : 200), a->doc.p);
		if (!question_again(s, st, &e))
			wait_refused(w, j, &e);
		fail_free(&e);
	}
}
