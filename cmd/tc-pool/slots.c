/*
 * How many children may run at a time: what -j or a slow start allows, and
 * under make at most one, plus one for each token held.
 */
#include "pool.h"

#include "base/clock.h"

/* Give back unused tokens: each child but one needs one. */
static void
give_back(struct pool *p)
{
	size_t running = p->flow.counts.running;
	while (p->tokens.tokens.n > (running ? running - 1 : 0))
		jobserver_give(&p->tokens);
}

size_t
slots_now(const struct pool *p)
{
	size_t jobs = p->limit.now, tokens = p->tokens.tokens.n + 1;
	return p->tokens.in >= 0 && jobs > tokens ? tokens : jobs;
}

int64_t
slots_token_due(struct pool *p)
{
	struct flow *f = &p->flow;
	size_t running = f->counts.running;
	if (p->tokens.in < 0)
		return NEVER;
	give_back(p);
	if (f->stopping || !f->queue_n || running < slots_now(p) ||
	    running >= pace_slots(&p->pace, p->limit.now))
		return NEVER;
	int64_t now = clock_now(), due = f->queue[0]->due;
	if (due > now)
		return due;
	return pace_next(&p->pace, now);
}
