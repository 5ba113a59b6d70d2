/*
 * A child that has ended stays a zombie until no more signals are sent to its
 * group: as long as it is not reaped, no other process can get its pid.
 */
#include "proc/childend.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "proc/watchdog.h"
#include "proc/childpipe.h"

#define LAST_WORDS (200 * MILLISECOND) /* for processes that hold the pipes of one that has ended */

void
spawn_finish(struct children *c, struct child *ch, bool rest)
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
	spawn_put_back(c, ch);
}

static void
has_ended(struct children *c, struct child *ch)
{
	bool was_ended = ch->phase != CHILD_RUNS;
	pipe_drop(c, &ch->in);
	pipe_drain(c, &ch->out);
	pipe_drain(c, &ch->err);
	ch->phase = CHILD_ENDED;
	if (was_ended || (ch->out.fd < 0 && ch->err.fd < 0)) {
		spawn_finish(c, ch, was_ended);
		return;
	}
	ch->lingers = true;
	c->lingering++;
	spawn_at(c, ch, clock_now() + LAST_WORDS);
}

/*
 * Terminate a child that used the terminal, which a background group cannot
 * have: it would stay stopped. One that somebody else stopped may be continued
 * by them.
 */
static void
has_stopped(struct children *c, struct child *ch, int sig)
{
	if ((sig != SIGTTIN && sig != SIGTTOU) || ch->phase != CHILD_RUNS)
		return;
	bool told = ch->stop_requested;
	ch->stopped = sig;
	child_terminate(c, ch);
	ch->stop_requested = told;
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
		if (c->all[i]->phase != CHILD_ENDED && waitid(P_PID, (id_t)c->all[i]->pid, news, what) == 0 && news->si_pid)
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
spawn_reap(struct children *c)
{
	siginfo_t news;
	bool any = false;
	while (c->n && next_news(c, &news)) {
		struct child *ch = by_pid(c, news.si_pid);
		if (news.si_code != CLD_EXITED && news.si_code != CLD_KILLED && news.si_code != CLD_DUMPED) {
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
