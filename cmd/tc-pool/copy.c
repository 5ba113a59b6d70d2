/*
 * Coprocess mode: long-lived copies of a line filter, each given one line and
 * asked for one. A copy that dies fails its line; the next line that needs a
 * copy starts another.
 */
#include "pool.h"

#include <string.h>

#include "clock.h"
#include "msg.h"
#include "sig.h"

#define CLOSE_GRACE (5 * SECOND)

static void
set_idle(struct pool *p, struct child *ch)
{
	if (p->idle_n == p->idle_cap) {
		p->idle_cap = p->idle_cap ? 2 * p->idle_cap : 16;
		p->idle = mem_grow(p->idle, p->idle_cap * sizeof *p->idle);
	}
	p->idle[p->idle_n++] = ch;
}

static void
not_idle(struct pool *p, const struct child *ch)
{
	for (size_t i = 0; i < p->idle_n; i++)
		if (p->idle[i] == ch) {
			p->idle[i] = p->idle[--p->idle_n];
			return;
		}
}

/* A copy that waits for a line, and has not said anything since its last answer; NULL if there is none. */
static struct child *
take_idle(struct pool *p)
{
	while (p->idle_n) {
		struct child *ch = p->idle[--p->idle_n];
		child_listen(&p->children, ch);
		if (ch->phase == CHILD_RUNS)
			return ch;
	}
	return NULL;
}

void
copy_start(struct pool *p, struct job *j)
{
	struct child *ch = take_idle(p);
	if (!ch)
		ch = children_start(&p->children, p->path, p->command.argv, env_plain(&p->env),
				    (struct span){0}, true, 0);
	if (!ch) {
		pool_no_child(p, j, p->command.argv[0]);
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
		child_end(&p->children, ch);
		ch->told = false;
	}
	child_due(&p->children, ch, p->timeout ? clock_now() + p->timeout : NEVER);
}

/* It does not keep to one line for one line: nothing more is asked of it. */
static void
dismiss(struct pool *p, struct child *ch)
{
	not_idle(p, ch);
	ch->owner = NULL;
	ch->output.n = 0;
	child_end(&p->children, ch);
}

static void
astray(struct pool *p, struct child *ch)
{
	if (!p->astray)
		msg_error("the command printed a line that nothing asked for: it must answer each line with one line "
			  "(earlier results may belong to other lines)");
	p->astray = true;
	dismiss(p, ch);
}

void
copy_heard(struct pool *p, struct child *ch)
{
	struct job *j = ch->owner;
	if (ch->told && !j) {
		ch->output.n = 0; /* dismissed already */
		return;
	}
	if (!j) {
		astray(p, ch);
		return;
	}
	const char *end = ch->output.n ? memchr(ch->output.p, '\n', ch->output.n) : NULL;
	if (!end)
		return;
	struct ending e = {.alive = true, .exited = true, .errors = buf_all(&ch->errors), .output = buf_all(&ch->output)};
	answer_read(&e.answer, e.output);
	if (end + 1 != ch->output.p + ch->output.n) {
		pool_fail(p, j, &e, "bad_response", false, "the command answered with more than one line");
		dismiss(p, ch);
		return;
	}
	ch->owner = NULL;
	ch->uses++;
	child_due(&p->children, ch, NEVER);
	pool_judge(p, j, &e);
	ch->output.n = 0;
	if (ch->phase == CHILD_RUNS)
		set_idle(p, ch);
}

void
copy_ended(struct pool *p, struct child *ch)
{
	struct job *j = ch->owner;
	struct ending e = pool_ending(ch);
	not_idle(p, ch);
	if (!j) {
		if (!e.exited || e.status)
			msg_debug("a copy ended: %s %d", e.exited ? "exit status" : "signal", e.exited ? e.status : e.signal);
		return;
	}
	if (ch->uses && ch->feed.n && ch->fed == 0 && !ch->told) {
		/* it had ended before this line came to it: that was no try */
		j->attempts--;
		pool_later(p, j, 0);
	} else if (ch->told && !ch->timed_out) {
		pool_fail(p, j, &e, "interrupted", true, "ended because the run was stopped");
	} else if (ch->stopped) {
		pool_wants_terminal(p, j, &e, ch->stopped);
	} else if (ch->too_much) {
		pool_fail(p, j, &e, "bad_response", false, "it printed more than 32 MiB");
	} else if (e.exited && e.status == 0 && !e.timed_out) {
		bool stopped = pool_being_stopped(p);
		pool_fail(p, j, &e, stopped ? "interrupted" : "bad_response", stopped,
			  "the command ended without an answer to this line");
	} else {
		pool_judge(p, j, &e);
	}
	slots_set(p);
}

/* Their input has ended; they have a moment to do the same. */
void
copies_close(struct pool *p)
{
	struct children *c = &p->children;
	for (size_t i = 0; i < c->n; i++) {
		child_close_stdin(c, c->all[i]);
		child_due(c, c->all[i], clock_now() + CLOSE_GRACE);
	}
	p->idle_n = 0;
	while (c->n) {
		struct pollfd fd = {.fd = sig_fd(), .events = POLLIN};
		children_wait(c, &fd, 1, NEVER);
		if (sig_take().stops)
			children_end(c);
	}
	if (p->astray && !p->flow.status)
		p->flow.status = EXIT_SOME_FAILED;
}
