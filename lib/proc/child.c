#include "proc/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/sig.h"
#include "proc/childend.h"
#include "proc/childpipe.h"
#include "proc/watchdog.h"

enum { EVENTS = 64 };

void
children_init(struct children *c)
{
	*c = (struct children){.next_deadline = NEVER, .errors_keep = 16 << 10, .keep = -1};
	c->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (c->null < 0 || os_watch_init(&c->watch) < 0)
		msg_die(EXIT_IO, "%s: %s", c->null < 0 ? "/dev/null" : "poll", strerror(errno));
	sig_defaults(&c->defaults);
}

static struct child *
child_new(struct children *c)
{
	struct child *ch = c->spare;
	if (ch)
		c->spare = ch->next;
	else
		ch = mem_zero(sizeof *ch);
	*ch = (struct child){
		.output = ch->output, .errors = ch->errors, .input = ch->input, .due = NEVER};
	ch->output.n = ch->errors.n = ch->input.n = 0;
	ch->in = ch->out = ch->err = (struct pipe_end){-1, ch};
	return ch;
}

/* Make a pipe: one end is ours, *theirs gets the other. */
static int
pipe_to(struct pipe_end *ours, int *theirs, bool to_child)
{
	int fd[2];
	if (os_pipe(fd) < 0)
		return -1;
	ours->fd = fd[to_child];
	*theirs = fd[!to_child];
	return fcntl(ours->fd, F_SETFL, O_NONBLOCK);
}

static void
close_all(const int *fd, int except)
{
	for (int i = 0; i < 3; i++)
		if (fd[i] >= 0 && fd[i] != except)
			close(fd[i]);
}

static int
launch(struct children *c, struct child *ch, struct os_spawn *s, bool feed)
{
	s->fd[0] = feed ? -1 : c->null;
	s->fd[1] = s->fd[2] = -1;
	int r = feed ? pipe_to(&ch->in, &s->fd[0], true) : 0;
	if (r == 0)
		r = pipe_to(&ch->out, &s->fd[1], false);
	if (r == 0)
		r = pipe_to(&ch->err, &s->fd[2], false);
	if (r == 0) {
		ch->pid = os_spawn(s);
		r = ch->pid < 0 ? -1 : 0;
	}
	int why = errno;
	close_all(s->fd, c->null);
	if (r == 0)
		r = os_watch_add(&c->watch, ch->out.fd, POLLIN, &ch->out) |
		    os_watch_add(&c->watch, ch->err.fd, POLLIN, &ch->err);
	if (r == 0)
		return 0;
	if (ch->pid > 0) { /* it cannot be watched */
		why = errno;
		kill(-ch->pid, SIGKILL);
		while (waitpid(ch->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	pipe_drop(c, &ch->in);
	pipe_drop(c, &ch->out);
	pipe_drop(c, &ch->err);
	errno = why;
	return -1;
}

struct child *
children_start(struct children *c, const char *path, char *const *argv, char *const *envp,
	       struct span feed, bool keep_open, int64_t timeout)
{
	struct child *ch = child_new(c);
	struct os_spawn s = {
		.path = path, .argv = argv, .envp = envp, .keep = c->keep, .defaults = c->defaults};
	if (launch(c, ch, &s, keep_open || feed.p) < 0) {
		int why = errno;
		child_recycle(c, ch);
		errno = why;
		return NULL;
	}
	ch->guard = watchdog_add_group(ch->pid);
	ch->keep_stdin = keep_open;
	if (c->n == c->cap)
		c->all = mem_grow(c->all, (c->cap = 2 * c->cap + 8) * sizeof *c->all);
	c->all[c->n++] = ch;
	if (timeout)
		child_set_deadline(c, ch, clock_now() + timeout);
	if (ch->in.fd >= 0) {
		buf_span(&ch->input, feed);
		pipe_feed_first(c, ch, keep_open);
	}
	return ch;
}

void
children_suspend(struct children *c)
{
	for (size_t i = 0; i < c->n; i++)
		kill(-c->all[i]->pid, SIGSTOP);
	int64_t from = clock_now();
	sig_suspend();
	int64_t passed = clock_now() - from;
	for (size_t i = 0; i < c->n; i++) {
		struct child *ch = c->all[i];
		kill(-ch->pid, SIGCONT);
		if (ch->due != NEVER)
			child_move_deadline(c, ch, passed);
	}
}

/* Read once from the child. End it if it has printed too much. */
static void
read_output(struct children *c, struct pipe_end *e)
{
	pipe_read(c, e);
	if (e->of->overflowed)
		child_end(c, e->of);
}

static void
handle(struct children *c, struct pipe_end *e)
{
	struct child *ch = e->of;
	if (e->fd < 0)
		return; /* closed earlier in this turn */
	if (e == &ch->in)
		pipe_feed(c, ch, ch->keep_stdin);
	else
		read_output(c, e);
	if (ch->phase == CHILD_ENDED && ch->out.fd < 0 && ch->err.fd < 0)
		child_finish(c, ch, false);
}

void
child_feed(struct children *c, struct child *ch, struct span more)
{
	buf_span(&ch->input, more);
	if (!ch->feeding)
		pipe_feed_first(c, ch, true);
}

void
child_close_stdin(struct children *c, struct child *ch)
{
	ch->keep_stdin = false;
	if (!ch->feeding)
		pipe_drop(c, &ch->in);
}

void
child_poll_output(struct children *c, struct child *ch)
{
	if (ch->out.fd >= 0)
		read_output(c, &ch->out);
}

void
children_wait(struct children *c, struct pollfd *fds, nfds_t n, int64_t until)
{
	struct os_event events[EVENTS];
	/* the reader of the signal pipe may have taken a SIGCHLD */
	bool news = children_reap(c);
	if (c->next_deadline < until)
		until = c->next_deadline;
	int timeout = news ? 0 : until == NEVER ? -1 : clock_poll_ms(clock_now(), until);
	size_t got = os_watch_wait(&c->watch, fds, n, timeout, events, EVENTS);
	for (size_t i = 0; i < got; i++)
		handle(c, events[i].ctx);
	children_reap(c);
	children_check_deadlines(c);
}

void
children_free(struct children *c)
{
	while (c->spare) {
		struct child *ch = c->spare;
		c->spare = ch->next;
		buf_free(&ch->output);
		buf_free(&ch->errors);
		buf_free(&ch->input);
		free(ch);
	}
	free(c->all);
	close(c->null);
	os_watch_free(&c->watch);
	*c = (struct children){.null = -1};
}
