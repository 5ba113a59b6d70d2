#include "flow/ratecmd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/findpath.h"
#include "base/os.h"
#include "base/sig.h"
#include "base/words.h"

#define ANSWER_WITHIN (5 * SECOND)
#define WAIT_MOST (10 * 365 * 86400.0)

/* Starts that are due within this time are requested in advance: a round trip may take as long. */
#define AHEAD (200 * MILLISECOND)

enum { LINE_MOST = 200, END_MS = 1000 };

extern char **environ;

static void
push(struct instants *q, int64_t at)
{
	if (q->first && q->first + q->n == q->cap) {
		memmove(q->v, q->v + q->first, q->n * sizeof *q->v);
		q->first = 0;
	}
	if (q->first + q->n == q->cap) {
		q->cap = 2 * q->cap + 16;
		q->v = mem_grow(q->v, q->cap * sizeof *q->v);
	}
	q->v[q->first + q->n++] = at;
}

static int64_t
front(const struct instants *q)
{
	return q->v[q->first];
}

static int64_t
pop(struct instants *q)
{
	q->n--;
	return q->v[q->first++];
}

static void
fail(struct ratecmd *c, const char *why, struct span what)
{
	if (c->failed.n)
		return;
	buf_str(&c->failed, why);
	buf_cut(&c->failed, what, LINE_MOST);
}

/* Make three descriptors for it, each above 2; its stderr is ours. */
static int
spawn(struct ratecmd *c, const char *path, char **words)
{
	int in[2] = {-1, -1}, out[2] = {-1, -1}, err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3),
	    why = 0;
	struct os_spawn s = {.path = path, .argv = words, .envp = environ, .keep = -1};
	sig_defaults(&s.defaults);
	if (err < 0 || os_pipe(in) < 0 || os_pipe(out) < 0)
		why = errno;
	s.fd[0] = in[0];
	s.fd[1] = out[1];
	s.fd[2] = err;
	if (!why &&
	    (fcntl(in[1], F_SETFL, O_NONBLOCK) < 0 || fcntl(out[0], F_SETFL, O_NONBLOCK) < 0))
		why = errno;
	c->pid = why ? -1 : os_spawn(&s);
	if (!why && c->pid < 0)
		why = errno;
	for (int i = 0; i < 3; i++)
		if (s.fd[i] >= 0)
			close(s.fd[i]);
	c->in = in[1];
	c->out = out[0];
	return why;
}

const char *
ratecmd_start(struct ratecmd *c, const char *command)
{
	*c = (struct ratecmd){.pid = -1, .in = -1, .out = -1};
	struct strings words = {0};
	bool whole = words_split(command, &words);
	if (!whole || !words.n) {
		strings_free(&words);
		return whole ? "expected a command" : "a quote is not closed";
	}
	char *path = find_command(words.v[0]);
	int why = path ? spawn(c, path, words.v) : errno;
	free(path);
	strings_free(&words);
	return !why ? NULL
	       : why == ENOENT
		       ? "command not found: no shell reads it, unless you write sh -c '...'"
		       : strerror(why);
}

/* Write what the pipe takes; the rest waits for the next move. */
static void
send_text(struct ratecmd *c)
{
	while (c->in >= 0 && c->unsent.n) {
		ssize_t n = write(c->in, c->unsent.p, c->unsent.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			close(c->in);
			c->in = -1;
			fail(c, "it reads no more: ", span_of(strerror(errno)));
			return;
		}
		memmove(c->unsent.p, c->unsent.p + n, c->unsent.n - (size_t)n);
		c->unsent.n -= (size_t)n;
	}
}

int64_t
ratecmd_next(struct ratecmd *c, int64_t now, size_t wanted)
{
	size_t coming = c->granted.n + c->asked.n;
	bool far = c->granted.n && c->granted.v[c->granted.first + c->granted.n - 1] > now + AHEAD;
	for (; coming < (far ? 1 : wanted ? wanted : 1) && !c->failed.n; coming++) {
		buf_str(&c->unsent, "start\n");
		push(&c->asked, now);
	}
	send_text(c);
	if (c->failed.n)
		return now + 1; /* ratecmd_problem() reports it */
	if (c->granted.n)
		return front(&c->granted);
	int64_t late = c->asked.n ? front(&c->asked) + ANSWER_WITHIN : NEVER;
	return late > now ? late : now + 1;
}

void
ratecmd_use(struct ratecmd *c)
{
	if (c->granted.n)
		pop(&c->granted);
}

static void
add_seconds(struct buf *b, int64_t t)
{
	buf_fmt(b, "%lld.%06lld", (long long)(t / SECOND), (long long)(t % SECOND));
}

void
ratecmd_throttled(struct ratecmd *c, int64_t pause)
{
	buf_str(&c->unsent, "throttled ");
	add_seconds(&c->unsent, pause);
	buf_ch(&c->unsent, '\n');
	send_text(c);
}

void
ratecmd_limit(struct ratecmd *c, double rate, double burst, int64_t remaining, int64_t reset)
{
	struct buf *b = &c->unsent;
	buf_str(b, "limit");
	if (rate >= 0)
		buf_fmt(b, " rate=%.6g", rate);
	if (burst >= 0)
		buf_fmt(b, " burst=%.6g", burst);
	if (remaining >= 0)
		buf_fmt(b, " remaining=%lld", (long long)remaining);
	if (reset >= 0) {
		buf_str(b, " reset=");
		add_seconds(b, reset);
	}
	buf_ch(b, '\n');
	send_text(c);
}

static void
take_answer(struct ratecmd *c, struct span line, int64_t now)
{
	char *text = mem_dup(line), *end;
	double s = *text >= '0' && *text <= '9' ? strtod(text, &end) : -1;
	while (s >= 0 && (*end == ' ' || *end == '\t' || *end == '\r'))
		end++;
	if (!(s >= 0) || *end) {
		fail(c, "expected the seconds to wait, got: ", line);
	} else if (!c->asked.n) {
		fail(c, "unexpected answer: ", line);
	} else {
		pop(&c->asked);
		push(&c->granted,
		     now + (int64_t)((s < WAIT_MOST ? s : WAIT_MOST) * (double)SECOND));
	}
	free(text);
}

static void
take_lines(struct ratecmd *c, int64_t now)
{
	char *end, *from = c->unread.p;
	size_t n = c->unread.n;
	for (; n && (end = memchr(from, '\n', n)); from = end + 1) {
		take_answer(c, (struct span){from, (size_t)(end - from)}, now);
		n -= (size_t)(end + 1 - from);
	}
	if (n)
		memmove(c->unread.p, from, n);
	c->unread.n = n;
	if (n > LINE_MOST)
		fail(c, "expected the seconds to wait, got: ", buf_all(&c->unread));
}

void
ratecmd_poll(const struct ratecmd *c, struct pollfd fds[RATECMD_FDS])
{
	fds[0] = (struct pollfd){.fd = c->failed.n ? -1 : c->out, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = c->unsent.n && !c->failed.n ? c->in : -1, .events = POLLOUT};
}

void
ratecmd_move(struct ratecmd *c, int64_t now)
{
	ssize_t n = 1;
	send_text(c);
	while (c->out >= 0 && !c->failed.n && n) {
		char *room = buf_room(&c->unread, 4096);
		n = read(c->out, room, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		c->unread.n += n > 0 ? (size_t)n : 0;
		take_lines(c, now);
		if (n <= 0)
			fail(c, n ? strerror(errno) : "it has ended", span_of(""));
	}
}

const char *
ratecmd_problem(struct ratecmd *c, int64_t now)
{
	if (c->asked.n && now - front(&c->asked) >= ANSWER_WITHIN)
		fail(c, "no answer in 5 seconds", span_of(""));
	return c->failed.n ? buf_cstr(&c->failed) : NULL;
}

/*
 * Wait for its end. Return false if it takes longer. Other code of this process
 * may have reaped it.
 */
static bool
wait_for_end(pid_t pid, int ms)
{
	for (int64_t end = clock_now() + ms * MILLISECOND;; poll(NULL, 0, 5)) {
		pid_t got = waitpid(pid, NULL, WNOHANG);
		if (got == pid || (got < 0 && errno != EINTR))
			return true;
		if (clock_now() >= end)
			return false;
	}
}

void
ratecmd_close(struct ratecmd *c)
{
	if (c->in >= 0)
		close(c->in);
	if (c->pid > 0 && !wait_for_end(c->pid, c->failed.n ? 0 : END_MS)) {
		kill(-c->pid, SIGTERM);
		if (!wait_for_end(c->pid, END_MS)) {
			kill(-c->pid, SIGKILL);
			wait_for_end(c->pid, END_MS);
		}
	}
	if (c->out >= 0)
		close(c->out);
	buf_free(&c->unsent);
	buf_free(&c->unread);
	buf_free(&c->failed);
	free(c->asked.v);
	free(c->granted.v);
	*c = (struct ratecmd){.pid = -1, .in = -1, .out = -1};
}
