/* What all attempts share: an item is scheduled, ends, or is the last that --halt allows. */
#include "pool.h"

#include <sys/wait.h>

#include "base/msg.h"

void
pool_later(struct pool *p, struct job *j, int64_t due)
{
	resume_rest(p, j);
	flow_schedule(&p->flow, &j->it, due);
}

struct child_exit
child_exit_of(const struct child *ch)
{
	struct child_exit e = {.ours = ch->signalled,
			       .timed_out = ch->timed_out,
			       .errors = buf_all(&ch->errors),
			       .output = buf_all(&ch->output)};
	e.exited = WIFEXITED(ch->status);
	e.status = e.exited ? WEXITSTATUS(ch->status) : 0;
	e.signal = WIFSIGNALED(ch->status) ? WTERMSIG(ch->status) : 0;
	e.time_limit = e.status == 128 + SIGTERM && classify_time_limit(e.errors);
	child_output_parse(&e.answer, e.output);
	return e;
}

void
pool_check_halt(struct pool *p)
{
	struct flow *f = &p->flow;
	struct counts c = f->counts;
	c.failed += p->held.n;
	if (f->stopping || !halt_due(&p->halt, &c))
		return;
	msg_error("%zu failed: stopping (--halt)", c.failed);
	flow_stop(f, 0);
	if (p->halt.now) {
		p->ending = true;
		children_end(&p->children);
	}
}

void
result_final(struct pool *p, struct job *j, struct span bytes, enum outcome outcome)
{
	resume_end(p, j, bytes, outcome);
	flow_done(&p->flow, &j->it, bytes, outcome);
	pool_check_halt(p);
}
