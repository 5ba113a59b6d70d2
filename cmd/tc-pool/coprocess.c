/*
 * Coprocess mode: long-running copies of a line filter, each given one line at
 * a time and read for one. A copy that ends fails its line; the next line that
 * needs a copy starts another.
 */
#include "pool.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/sig.h"

#define CLOSE_GRACE (5 * SECOND)

static void
set_idle(struct pool *p, struct child *ch)
{
	if (p->copies.n == p->copies.cap) {
		p->copies.cap = p->copies.cap ? 2 * p->copies.cap : 16;
		p->copies.idle = mem_grow(p->copies.idle, p->copies.cap * sizeof *p->copies.idle);
	}
	p->copies.idle[p->copies.n++] = ch;
}

static void
not_idle(struct pool *p, const struct child *ch)
{
	for (size_t i = 0; i < p->copies.n; i++)
		if (p->copies.idle[i] == ch) {
			p->copies.idle[i] = p->copies.idle[--p->copies.n];
			return;
		}
}

/* Return a copy that waits for a line and has printed nothing since its last answer, or NULL. */
static struct child *
take_idle(struct pool *p)
{
	while (p->copies.n) {
		struct child *ch = p->copies.idle[--p->copies.n];
		child_poll_output(&p->children, ch);
		if (ch->phase == CHILD_RUNS)
			return ch;
	}
	return NULL;
}

void
coprocess_start(struct pool *p, struct job *j)
{
	struct child *ch = take_idle(p);
	if (!ch)
		ch = children_start(&p->children, p->path, p->command.argv, env_plain(&p->env),
				    (struct span){0}, true, 0);
	if (!ch) {
		outcome_spawn_failed(p, j, p->command.argv[0], errno);
		return;
	}
	ch->owner = j;
	pool_started(p, j);
	ch->errors.n = 0;
	p->scratch.n = 0;
	buf_span(&p->scratch, j->it.line);
	buf_ch(&p->scratch, '\n');
	child_feed(&p->children, ch, buf_all(&p->scratch));
	if (ch->in.fd < 0) { /* it reads no more, so it will never answer */
		child_terminate(&p->children, ch);
		ch->stop_requested = false;
	}
	child_set_deadline(&p->children, ch,
			   p->options.timeout ? clock_now() + p->options.timeout : NEVER);
}

/* Retire a copy that broke the one-line-per-line protocol. */
static void
retire(struct pool *p, struct child *ch)
{
	not_idle(p, ch);
	ch->owner = NULL;
	ch->output.n = 0;
	child_terminate(&p->children, ch);
}

static void
out_of_sync(struct pool *p, struct child *ch)
{
	if (!p->copies.out_of_sync)
		msg_error("the command printed an unexpected line: it must answer each line with "
			  "one line "
			  "(earlier results may belong to other lines)");
	p->copies.out_of_sync = true;
	retire(p, ch);
}

void
coprocess_output(struct pool *p, struct child *ch)
{
	struct job *j = ch->owner;
	if (ch->stop_requested && !j) {
		ch->output.n = 0; /* retired already */
		return;
	}
	if (!j) {
		out_of_sync(p, ch);
		return;
	}
	const char *end = ch->output.n ? memchr(ch->output.p, '\n', ch->output.n) : NULL;
	if (!end)
		return;
	struct child_exit e = {.alive = true,
			       .exited = true,
			       .errors = buf_all(&ch->errors),
			       .output = buf_all(&ch->output)};
	child_output_parse(&e.answer, e.output);
	if (end + 1 != ch->output.p + ch->output.n) {
		outcome_fail(p, j, &e, "bad_response", false,
			     "the command answered with more than one line");
		retire(p, ch);
		return;
	}
	ch->owner = NULL;
	ch->uses++;
	child_set_deadline(&p->children, ch, NEVER);
	outcome_judge(p, j, &e);
	ch->output.n = 0;
	if (ch->phase == CHILD_RUNS)
		set_idle(p, ch);
}

void
coprocess_exited(struct pool *p, struct child *ch)
{
	struct job *j = ch->owner;
	struct child_exit e = child_exit_of(ch);
	not_idle(p, ch);
	if (!j) {
		if (!e.exited || e.status)
			msg_debug("a copy ended: %s %d", e.exited ? "exit status" : "signal",
				  e.exited ? e.status : e.signal);
		return;
	}
	if (ch->uses && ch->input.n && ch->input_sent == 0 && !ch->stop_requested) {
		/* it had ended before this line was written: not an attempt */
		j->attempts--;
		pool_later(p, j, 0);
	} else if (ch->stop_requested && !ch->timed_out) {
		outcome_fail(p, j, &e, "interrupted", true, "ended because the run was stopped");
	} else if (ch->stopped) {
		pool_wants_terminal(p, j, &e, ch->stopped);
	} else if (ch->overflowed) {
		outcome_fail(p, j, &e, "bad_response", false, "it printed more than 32 MiB");
	} else if (e.exited && e.status == 0 && !e.timed_out &&
		   classify_exit(&p->rules, &e) != CLASS_UNAVAILABLE) {
		bool stopped = pool_being_stopped(p);
		outcome_fail(p, j, &e, stopped ? "interrupted" : "bad_response", stopped,
			     "the command ended without an answer to this line");
	} else {
		outcome_judge(p, j, &e);
	}
}

/* Close the stdin of all copies and wait CLOSE_GRACE for them to exit. */
void
coprocess_close_all(struct pool *p)
{
	struct children *c = &p->children;
	for (size_t i = 0; i < c->n; i++) {
		child_close_stdin(c, c->all[i]);
		child_set_deadline(c, c->all[i], clock_now() + CLOSE_GRACE);
	}
	p->copies.n = 0;
	while (c->n) {
		struct pollfd fd = {.fd = sig_fd(), .events = POLLIN};
		children_wait(c, &fd, 1, NEVER);
		if (sig_take().stops)
			children_end(c);
	}
	if (p->copies.out_of_sync && !p->flow.status)
		p->flow.status = EXIT_SOME_FAILED;
}
