/*
 * How many children may run at once: what -j or a slow start allows, and
 * under make no more than the one that is ours plus one for each token held.
 */
#include "pool.h"

#include "base/clock.h"

/* Tokens are held for what runs, besides the first. */
static void
give_back(struct pool *p)
{
	size_t running = p->flow.counts.running;
	while (p->tokens.tokens.n > (running ? running - 1 : 0))
		jobserver_give(&p->tokens);
}

void
slots_set(struct pool *p)
{
	size_t jobs = p->limit.now;
	if (p->tokens.in >= 0) {
		give_back(p);
		if (jobs > p->tokens.tokens.n + 1)
			jobs = p->tokens.tokens.n + 1;
	}
	p->flow.jobs = jobs;
}

int64_t
slots_token_due(struct pool *p)
{
	struct flow *f = &p->flow;
	size_t running = f->counts.running;
	if (p->tokens.in < 0 || f->stopping || !f->queue_n || running < f->jobs || running >= pace_slots(&p->pace, p->limit.now))
		return NEVER;
	int64_t now = clock_now(), due = f->queue[0]->due;
	if (due > now)
		return due;
	return pace_next(&p->pace, now);
}
