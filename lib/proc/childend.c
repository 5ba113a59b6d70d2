/*
 * A child that has ended stays a zombie until no more signals are sent to its
 * group: as long as it is not reaped, no other process can get its pid.
 */
#include "proc/childend.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "proc/childpipe.h"
#include "proc/watchdog.h"

enum { SPARE_BYTES = 64 << 10 };
#define DRAIN_GRACE                                                                                \
	(200 * MILLISECOND) /* for processes that hold the pipes of one that has ended */

static void
set_deadline(struct children *c, struct child *ch, int64_t due)
{
	ch->due = due;
	if (due < c->next_deadline)
		c->next_deadline = due;
}

void
child_set_deadline(struct children *c, struct child *ch, int64_t due)
{
	if (ch->phase == CHILD_RUNS)
		set_deadline(c, ch, due);
}

void
child_move_deadline(struct children *c, struct child *ch, int64_t by)
{
	set_deadline(c, ch, ch->due + by);
}

/* Signal the child's whole group; a stopped one must run to receive it. */
static void
signal_group(struct child *ch, int sig)
{
	ch->signalled = true;
	kill(-ch->pid, sig);
	if (sig != SIGKILL)
		kill(-ch->pid, SIGCONT);
}

void
child_end(struct children *c, struct child *ch)
{
	if (ch->phase != CHILD_RUNS)
		return;
	signal_group(ch, SIGTERM);
	ch->phase = CHILD_TERMED;
	set_deadline(c, ch, clock_now() + TERM_GRACE);
}

void
child_terminate(struct children *c, struct child *ch)
{
	ch->stop_requested = true;
	child_end(c, ch);
}

void
children_end(struct children *c)
{
	for (size_t i = 0; i < c->n; i++)
		child_terminate(c, c->all[i]);
}

static void
keep_small(struct buf *b)
{
	if (b->cap > SPARE_BYTES)
		buf_free(b);
}

void
child_recycle(struct children *c, struct child *ch)
{
	keep_small(&ch->output);
	keep_small(&ch->errors);
	keep_small(&ch->input);
	ch->next = c->spare;
	c->spare = ch;
}

void
child_finish(struct children *c, struct child *ch, bool rest)
{
	size_t i = 0;
	pipe_drop(c, &ch->in);
	pipe_drop(c, &ch->out);
	pipe_drop(c, &ch->err);
	if (rest)
		kill(-ch->pid, SIGKILL);
	watchdog_remove_group(ch->guard);
	while (waitpid(ch->pid, &ch->status, 0) < 0 && errno == EINTR)
		continue;
	while (c->all[i] != ch)
		i++;
	c->all[i] = c->all[--c->n];
	c->lingering -= ch->lingers;
	c->ended(c, ch);
	child_recycle(c, ch);
}

static void
has_ended(struct children *c, struct child *ch)
{
	enum child_phase was = ch->phase;
	pipe_drop(c, &ch->in);
	pipe_drain(c, &ch->out);
	pipe_drain(c, &ch->err);
	ch->phase = CHILD_ENDED;
	if (was == CHILD_KILLED || (ch->out.fd < 0 && ch->err.fd < 0)) {
		child_finish(c, ch, was != CHILD_RUNS);
		return;
	}
	ch->lingers = true;
	c->lingering++;
	/* after SIGTERM the rest of its group keeps the full grace time: a shell dies before its
	 * commands have cleaned up */
	set_deadline(c, ch, was == CHILD_TERMED ? ch->due : clock_now() + DRAIN_GRACE);
}

/*
 * Terminate a child that used the terminal, which a background group cannot
 * have: it would stay stopped. A child that was stopped by others may be
 * continued by them.
 */
static void
has_stopped(struct children *c, struct child *ch, int sig)
{
	if ((sig != SIGTTIN && sig != SIGTTOU) || ch->phase != CHILD_RUNS)
		return;
	ch->stopped = sig;
	child_end(c, ch);
}

/*
 * Get what has happened to a child, without reaping it. While some linger, the
 * system would report only those.
 */
static bool
next_news(const struct children *c, siginfo_t *news)
{
	const int what = WEXITED | WSTOPPED | WNOHANG | WNOWAIT;
	news->si_pid = 0;
	if (!c->lingering)
		return waitid(P_ALL, 0, news, what) == 0 && news->si_pid;
	for (size_t i = 0; i < c->n; i++)
		if (c->all[i]->phase != CHILD_ENDED &&
		    waitid(P_PID, (id_t)c->all[i]->pid, news, what) == 0 && news->si_pid)
			return true;
	return false;
}

static struct child *
by_pid(const struct children *c, pid_t pid)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->all[i]->pid == pid)
			return c->all[i];
	return NULL;
}

bool
children_reap(struct children *c)
{
	siginfo_t news;
	bool any = false;
	while (c->n && next_news(c, &news)) {
		struct child *ch = by_pid(c, news.si_pid);
		if (news.si_code != CLD_EXITED && news.si_code != CLD_KILLED &&
		    news.si_code != CLD_DUMPED) {
			siginfo_t seen;
			waitid(P_PID, (id_t)news.si_pid, &seen, WSTOPPED | WNOHANG);
			if (ch)
				has_stopped(c, ch, news.si_status);
		} else if (ch) {
			has_ended(c, ch);
			any = true;
		} else {
			waitpid(news.si_pid, NULL, WNOHANG); /* not one that we started here */
		}
	}
	return any;
}

static void
deadline_passed(struct children *c, struct child *ch)
{
	switch (ch->phase) {
	case CHILD_RUNS:
		ch->timed_out = true;
		child_end(c, ch);
		break;
	case CHILD_TERMED:
		signal_group(ch, SIGKILL);
		ch->phase = CHILD_KILLED;
		ch->due = NEVER;
		break;
	case CHILD_KILLED:
		break;
	case CHILD_ENDED:
		child_finish(c, ch, true);
		break;
	}
}

void
children_check_deadlines(struct children *c)
{
	int64_t now;
	if (c->next_deadline == NEVER || c->next_deadline > (now = clock_now()))
		return;
	c->next_deadline = NEVER;
	for (size_t i = c->n; i-- > 0;) { /* downward: child_finish() moves the last child here */
		struct child *ch = c->all[i];
		if (ch->due <= now)
			deadline_passed(c, ch);
		else if (ch->due < c->next_deadline)
			c->next_deadline = ch->due;
	}
}
