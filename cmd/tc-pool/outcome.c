/*
 * The end of an attempt: the item is done, has failed, is tried again later,
 * or the whole pool pauses.
 */
#include "pool.h"

#include <signal.h>

#include "base/clock.h"
#include "base/msg.h"
#include "flow/retry.h"

#define BACKOFF_BASE SECOND
#define BACKOFF_CAP (30 * SECOND)

/* Describe what happened, for people. */
static void
describe(struct buf *b, const struct child_exit *e)
{
	int outside = classify_outside(e);
	if (e->timed_out)
		buf_str(b, "it ran longer than --timeout allows");
	else if (e->answer.refused && (e->alive || (e->exited && e->status == 0)))
		buf_str(b, "its record says \"ok\":false");
	else if (e->exited)
		buf_fmt(b, "exit status %d", e->status);
	else
		buf_fmt(b, "killed by SIG%s", signal_name(e->signal));
	if (e->time_limit)
		buf_str(b, " (its time limit)");
	if (outside && e->exited)
		buf_fmt(b, " (SIG%s from outside)", signal_name(outside));
	else if (outside)
		buf_str(b, " from outside");
}

/* Return the code of an error for which the child gave no record. */
static const char *
code_for(enum exit_class verdict, const struct child_exit *e)
{
	if (verdict == CLASS_THROTTLED)
		return "throttled";
	if (verdict == CLASS_INTERRUPTED)
		return "interrupted";
	if (verdict == CLASS_UNAVAILABLE)
		return "unavailable";
	return e->timed_out ? "timeout" : e->exited || e->alive ? "exit" : "signal";
}

static void
fail_try(struct pool *p, struct job *j, const struct child_exit *e, enum exit_class verdict)
{
	struct failure why = {0};
	struct buf text = {0};
	bool temporary = verdict != CLASS_PERMANENT && verdict != CLASS_REFUSED;
	if (verdict == CLASS_THROTTLED)
		buf_str(&text, "too many requests: ");
	if (verdict == CLASS_UNAVAILABLE)
		buf_str(&text, "not run, or not to its end, as stderr says (--retry-match): ");
	describe(&text, e);
	if (verdict == CLASS_INTERRUPTED && !classify_outside(e))
		buf_str(&text, " while the run was being stopped");
	failure_set(&why, code_for(verdict, e), temporary, "%s", buf_cstr(&text));
	if (verdict == CLASS_THROTTLED && j->asked > 0)
		why.retry_after = j->asked;
	result_failed(p, j, e, &why,
		      e->answer.error.n && !e->timed_out && verdict != CLASS_INTERRUPTED &&
			      verdict != CLASS_UNAVAILABLE);
	buf_free(&text);
	failure_free(&why);
}

void
outcome_fail(struct pool *p, struct job *j, const struct child_exit *e, const char *code,
	     bool temporary, const char *message)
{
	struct failure why = {0};
	failure_set(&why, code, temporary, "%s", message);
	if (e)
		result_failed(p, j, e, &why, false);
	else
		result_plain(p, j, &why);
	failure_free(&why);
}

void
pool_wants_terminal(struct pool *p, struct job *j, struct child_exit *e, int sig)
{
	e->signal = sig;
	e->exited = false;
	outcome_fail(p, j, e, "signal", false,
		     sig == SIGTTIN
			     ? "stopped by SIGTTIN: it tried to read from the terminal, which a "
			       "command in a pool cannot: "
			       "pass what it asks for in an option, a file or the environment"
			     : "stopped by SIGTTOU: it tried to configure or write to the terminal "
			       "(to ask for a password?), which "
			       "a command in a pool cannot: pass what it asks for in an option, a "
			       "file or the environment");
}

/* Stop the run: everything has been refused for too long, and the rest can be run again later. */
static void
stop_throttled(struct pool *p, int64_t left)
{
	if (p->flow.stopping)
		return;
	p->throttle_exceeded = true;
	msg_error("throttled for longer than --max-throttle allows: stopped. Run the lines that "
		  "are not ok again");
	if (left > SECOND)
		msg_warn("nothing may start for %lld s more", (long long)(left / SECOND));
	flow_stop(&p->flow, EXIT_TRY_AGAIN);
}

void
pool_held(struct flow *f, int64_t at)
{
	struct pool *p = f->tool;
	int64_t now = clock_now(), wait = at - now;
	bool by_pause = p->pace.s.blocked_until >= at;
	if (f->stopping || wait <= p->options.max_throttle ||
	    (!by_pause && !pace_cmd_pauses(&p->pace, now, at)))
		return;
	msg_error("%s: nothing may start for %lld s, longer than --max-throttle allows: stopped. "
		  "Run the lines that are not ok again",
		  by_pause ? "another run with this rate file was throttled"
			   : "the program of --rate-cmd pauses all runs",
		  (long long)(wait / SECOND));
	flow_stop(f, EXIT_TRY_AGAIN);
}

/* Pause the pool. A try that began before the current pause can only lengthen it. */
static void
pause_all(struct pool *p, const struct job *j, int64_t clock)
{
	bool new_pause = pace_news(&p->pace, j->tried);
	if (new_pause || j->asked >= 0)
		pace_throttled(&p->pace, clock, j->asked);
	if (!new_pause)
		return;
	concurrency_throttled(&p->limit);
	msg_debug("throttled: nothing starts for %.1f s",
		  (double)(p->pace.s.blocked_until - clock) / (double)SECOND);
}

static void
throttled(struct pool *p, struct job *j, const struct child_exit *e)
{
	int64_t clock = clock_now();
	j->asked = classify_retry_after(&e->answer);
	pause_all(p, j, clock);
	int64_t left = p->pace.s.blocked_until > clock ? p->pace.s.blocked_until - clock : 0;
	if (!j->throttled)
		j->throttled = clock;
	if (pace_throttled_for(&p->pace, clock) + left > p->options.max_throttle)
		stop_throttled(p, left);
	if (p->flow.stopping || clock - j->throttled + left > p->options.max_throttle) {
		fail_try(p, j, e, CLASS_THROTTLED);
		return;
	}
	if (p->book.ledger)
		ledger_pause(p->book.ledger, left);
	pool_later(p, j,
		   clock); /* after those that have waited longer: the next probe is another line */
}

static void
temporary(struct pool *p, struct job *j, const struct child_exit *e, enum exit_class verdict)
{
	if (p->flow.stopping || j->retries >= p->options.retries) {
		fail_try(p, j, e, verdict);
		return;
	}
	int64_t own = retry_backoff(j->retries++, BACKOFF_BASE, BACKOFF_CAP, retry_chance());
	int64_t asked = classify_retry_after(&e->answer),
		wait = retry_wait(own, asked, retry_chance());
	if (asked > p->options.max_throttle)
		fail_try(p, j, e, verdict); /* the run does not wait for days */
	else
		pool_later(p, j, clock_now() + wait);
}

/* Stop the run: another line would be refused in the same way. The item is not recorded as done. */
static void
refused(struct pool *p, struct job *j, const struct child_exit *e)
{
	bool quota = classify_code(&e->answer, "quota");
	struct buf where = {0};
	item_where(&where, &j->it);
	if (!p->flow.stopping)
		msg_error("%s: %s: stopped", buf_cstr(&where),
			  quota ? "quota exhausted" : "the key was refused or is missing");
	buf_free(&where);
	flow_stop(&p->flow, quota ? EXIT_SOME_FAILED : EXIT_REFUSED);
	j->refused = true;
	fail_try(p, j, e, CLASS_REFUSED);
}

/* Record an attempt that was not throttled, so that more may start. */
static void
accepted(struct pool *p, struct job *j)
{
	if (!pace_news(&p->pace, j->tried))
		return;
	pace_accepted(&p->pace, clock_now());
	concurrency_accepted(&p->limit);
	j->throttled = 0;
}

void
outcome_judge(struct pool *p, struct job *j, const struct child_exit *e)
{
	enum exit_class verdict = classify_exit(&p->rules, e);
	if (verdict == CLASS_PERMANENT && !e->timed_out && pool_being_stopped(p))
		verdict = CLASS_INTERRUPTED;
	if (verdict == CLASS_OK || verdict == CLASS_TEMPORARY || verdict == CLASS_PERMANENT)
		accepted(p, j);
	switch (verdict) {
	case CLASS_OK:
		result_ok(p, j, e);
		break;
	case CLASS_THROTTLED:
		throttled(p, j, e);
		break;
	case CLASS_UNAVAILABLE:
	case CLASS_TEMPORARY:
	case CLASS_INTERRUPTED:
		temporary(p, j, e, verdict);
		break;
	case CLASS_REFUSED:
		refused(p, j, e);
		break;
	case CLASS_PERMANENT:
		fail_try(p, j, e, verdict);
		break;
	}
}
