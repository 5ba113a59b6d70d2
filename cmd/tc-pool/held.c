/*
 * With a ledger, a failure that somebody else may have caused (a service
 * manager ends a command just before us, and the command exits 255, or dies of
 * a broken pipe) is held for a second before it is final, also when nothing
 * more is started. If we are stopped meanwhile, it was interrupted.
 */
#include "pool.h"

#include "base/clock.h"

#define HOLD SECOND

void
held_add(struct pool *p, struct job *j, struct span result)
{
	j->held.n = 0;
	buf_span(&j->held, result);
	j->held_until = clock_now() + HOLD;
	j->held_next = NULL;
	j->held_prev = p->held.last;
	*(p->held.last ? &p->held.last->held_next : &p->held.first) = j;
	p->held.last = j;
	p->held.n++;
	resume_rest(p, j);
	flow_aside(&p->flow, &j->it);
}

static void
take_out(struct pool *p, struct job *j)
{
	*(j->held_prev ? &j->held_prev->held_next : &p->held.first) = j->held_next;
	*(j->held_next ? &j->held_next->held_prev : &p->held.last) = j->held_prev;
	p->held.n--;
}

/* Append the result with its error changed to interrupted. */
static void
excuse(struct buf *out, struct span result)
{
	struct span error = {0};
	struct buf excused = {0};
	struct members m = {0}, whole = {0};
	members_str(&m, "code", span_of("interrupted"));
	members_raw(&m, "temporary", span_of("true"));
	json_get(result, "error", &error);
	json_splice(&excused, error, m.set, m.n);
	members_raw(&whole, "error", buf_all(&excused));
	json_splice(out, result, whole.set, whole.n);
	members_free(&m);
	buf_free(&excused);
}

static void
held_end(struct pool *p, struct job *j, bool interrupted)
{
	struct buf result = {0};
	take_out(p, j);
	if (interrupted)
		excuse(&result, buf_all(&j->held));
	else
		buf_span(&result, buf_all(&j->held));
	buf_free(&j->held);
	reason_say(p, j, buf_all(&result), "");
	result_final(p, j, buf_all(&result), interrupted ? OUTCOME_TEMPORARY : OUTCOME_FAILED);
	buf_free(&result);
}

int64_t
held_due(const struct pool *p)
{
	return !p->held.first ? NEVER : pool_being_stopped(p) ? 0 : p->held.first->held_until;
}

void
held_look(struct pool *p)
{
	int64_t now = clock_now();
	bool stopped = pool_being_stopped(p);
	while (p->held.first && (stopped || p->held.first->held_until <= now))
		held_end(p, p->held.first, stopped);
}
