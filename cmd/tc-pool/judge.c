/*
 * What the end of a try means: the item is done, has failed, tries again
 * later, or the whole pool pauses.
 */
#include "pool.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "msg.h"
#include "retry.h"

#define BACKOFF_BASE SECOND
#define BACKOFF_CAP (30 * SECOND)
#define RESOURCE_WAIT (100 * MILLISECOND)

/* Says what happened in the words of people. */
static void
describe(struct buf *b, const struct ending *e)
{
	if (e->timed_out)
		buf_str(b, "it ran longer than --timeout allows");
	else if (e->answer.refused && (e->alive || (e->exited && e->status == 0)))
		buf_str(b, "its record says \"ok\":false");
	else if (e->exited)
		buf_fmt(b, "exit status %d", e->status);
	else
		buf_fmt(b, "killed by SIG%s", verdict_signal(e->signal));
}

static void
fail_try(struct pool *p, struct job *j, const struct ending *e, bool throttled, bool temporary)
{
	struct failure why = {0};
	struct buf text = {0};
	describe(&text, e);
	const char *code = throttled ? "throttled" : e->timed_out ? "timeout" : e->exited || e->alive ? "exit" : "signal";
	fail_set(&why, code, temporary, "%s%s", throttled ? "too many requests: " : "", buf_cstr(&text));
	if (throttled && j->asked > 0)
		why.retry_after = j->asked;
	result_failed(p, j, e, &why, e->answer.error.n && !e->timed_out);
	buf_free(&text);
	fail_free(&why);
}

void
pool_fail(struct pool *p, struct job *j, const struct ending *e, const char *code, bool temporary, const char *message)
{
	struct failure why = {0};
	fail_set(&why, code, temporary, "%s", message);
	if (e)
		result_failed(p, j, e, &why, false);
	else
		result_plain(p, j, &why);
	fail_free(&why);
}

/* Everything has been refused for too long: what is left may be run again later. */
static void
park(struct pool *p, int64_t left)
{
	if (p->flow.stopping)
		return;
	p->parked = true;
	msg_error("throttled for longer than --max-throttle allows: stopped. Run the lines that are not ok again");
	if (left > SECOND)
		msg_warn("the service asks to wait %lld seconds more", (long long)(left / SECOND));
	flow_stop(&p->flow, EXIT_TRY_AGAIN);
}

/* Pauses all, unless this try began before the pause that is known: then it is no news. */
static void
pause_all(struct pool *p, const struct job *j, int64_t clock)
{
	bool news = !p->pace.s.event || j->tried > p->pace.s.event;
	if (news || j->asked >= 0)
		pace_throttled(&p->pace, clock, j->asked);
	if (!news)
		return;
	limit_throttled(&p->limit);
	msg_debug("throttled: nothing starts for %.1f s",
		  (double)(p->pace.s.blocked_until - clock) / (double)SECOND);
}

static void
throttled(struct pool *p, struct job *j, const struct ending *e)
{
	int64_t clock = pace_clock(&p->pace);
	j->asked = verdict_retry_after(&e->answer);
	pause_all(p, j, clock);
	int64_t left = p->pace.s.blocked_until > clock ? p->pace.s.blocked_until - clock : 0;
	if (!j->throttled)
		j->throttled = clock;
	if (pace_refused_for(&p->pace, clock) + left > p->max_throttle)
		park(p, left);
	if (p->flow.stopping || clock - j->throttled + left > p->max_throttle) {
		fail_try(p, j, e, true, true);
		return;
	}
	if (p->book.ledger)
		ledger_pause(p->book.ledger, left);
	flow_later(&p->flow, &j->it, 0);
}

static void
temporary(struct pool *p, struct job *j, const struct ending *e)
{
	if (p->flow.stopping || j->retries >= p->retries) {
		fail_try(p, j, e, false, true);
		return;
	}
	int64_t own = retry_backoff(j->retries++, BACKOFF_BASE, BACKOFF_CAP, retry_chance());
	int64_t asked = verdict_retry_after(&e->answer), wait = retry_wait(own, asked, retry_chance());
	if (asked > p->max_throttle)
		fail_try(p, j, e, false, true); /* nobody waits here for days */
	else
		flow_later(&p->flow, &j->it, clock_now() + wait);
}

/* It was not refused, so what began after the last pause may be followed by more. */
static void
accepted(struct pool *p, struct job *j)
{
	if (p->pace.s.event && j->tried <= p->pace.s.event)
		return;
	pace_accepted(&p->pace, pace_clock(&p->pace));
	limit_accepted(&p->limit);
	j->throttled = 0;
}

void
pool_judge(struct pool *p, struct job *j, const struct ending *e)
{
	enum verdict verdict = verdict_of(&p->rules, e);
	if (verdict != VERDICT_THROTTLED)
		accepted(p, j);
	switch (verdict) {
	case VERDICT_OK:
		result_ok(p, j, e);
		break;
	case VERDICT_THROTTLED:
		throttled(p, j, e);
		break;
	case VERDICT_TEMPORARY:
		temporary(p, j, e);
		break;
	case VERDICT_PERMANENT:
		fail_try(p, j, e, false, false);
		break;
	}
	slots_set(p);
}

/* No process, file or memory to be had now: with fewer at once there is. */
static void
no_room(struct pool *p, struct job *j, const char *why)
{
	size_t others = p->children.n;
	if (!others && j->retries >= p->retries) {
		pool_fail(p, j, NULL, "unavailable", true, why);
		return;
	}
	j->attempts--;
	if (others) {
		if (others < p->limit.jobs)
			msg_warn("%s: from here on no more than %zu at once", why, others);
		p->limit.jobs = p->limit.max = p->limit.now = others;
	} else {
		j->retries++;
	}
	flow_later(&p->flow, &j->it, clock_now() + RESOURCE_WAIT);
}

void
pool_no_child(struct pool *p, struct job *j, const char *path)
{
	int e = errno;
	struct ending end = {.exited = true, .status = e == ENOENT || e == ENOTDIR ? 127 : 126};
	switch (e) {
	case EAGAIN:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case ENOSPC:
		no_room(p, j, strerror(e));
		break;
	case E2BIG:
		pool_fail(p, j, NULL, "invalid_input", false,
			  "the arguments are too long for the system: a command without placeholders gets the line on stdin");
		break;
	default:
		p->scratch.n = 0;
		buf_fmt(&p->scratch, "%s: %s", path, strerror(e));
		end.errors = buf_all(&p->scratch);
		pool_judge(p, j, &end);
	}
	slots_set(p);
}
