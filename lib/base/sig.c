#include "base/sig.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/msg.h"

static int pipe_fd[2] = {-1, -1};
static sigset_t changed;
static volatile sig_atomic_t stop_came;

static bool
is_stop(int sig)
{
	return sig == SIGINT || sig == SIGTERM || sig == SIGHUP;
}

static void
handler(int sig)
{
	int saved = errno;
	if (is_stop(sig))
		stop_came = 1;
	unsigned char c = (unsigned char)sig;
	ssize_t n = write(pipe_fd[1], &c, 1); /* a full pipe is readable as well */
	(void)n;
	errno = saved;
}

static void
install(int sig, void (*what)(int))
{
	struct sigaction old, new = {.sa_handler = what, .sa_flags = SA_RESTART};
	sigemptyset(&new.sa_mask);
	if (sigaction(sig, NULL, &old) < 0 || (old.sa_handler == SIG_IGN && sig != SIGCHLD))
		return;
	if (sigaction(sig, &new, NULL) == 0)
		sigaddset(&changed, sig);
}

void
sig_init(void)
{
	sigemptyset(&changed);
	if (pipe(pipe_fd) < 0)
		msg_die(EXIT_IO, "pipe: %s", strerror(errno));
	for (int i = 0; i < 2; i++)
		if (fcntl(pipe_fd[i], F_SETFL, O_NONBLOCK) < 0 ||
		    fcntl(pipe_fd[i], F_SETFD, FD_CLOEXEC) < 0)
			msg_die(EXIT_IO, "fcntl: %s", strerror(errno));
	install(SIGINT, handler);
	install(SIGTERM, handler);
	install(SIGHUP, handler);
	install(SIGUSR1, handler);
#ifdef SIGWINCH
	install(SIGWINCH, handler);
#endif
	install(SIGPIPE, SIG_IGN);
	install(SIGXFSZ, SIG_IGN);
}

void
sig_children(void)
{
	install(SIGCHLD, handler);
	install(SIGURG, handler);
	install(SIGUSR2, handler);
	install(SIGTSTP, handler);
}

bool
sig_stop_came(void)
{
	return stop_came;
}

void
sig_suspend(void)
{
	struct sigaction ours, plain = {.sa_handler = SIG_DFL};
	if (sigaction(SIGTSTP, &plain, &ours) < 0)
		return;
	raise(SIGTSTP);
	sigaction(SIGTSTP, &ours, NULL);
}

int
sig_fd(void)
{
	return pipe_fd[0];
}

struct sig_pending
sig_take(void)
{
	struct sig_pending news = {0};
	unsigned char c[64];
	ssize_t n;
	while ((n = read(pipe_fd[0], c, sizeof c)) > 0)
		for (ssize_t i = 0; i < n; i++) {
			news.progress |= c[i] == SIGUSR1;
#ifdef SIGWINCH
			news.resized |= c[i] == SIGWINCH;
#endif
			news.child |= c[i] == SIGCHLD;
			news.suspend |= c[i] == SIGTSTP;
			news.more += (c[i] == SIGURG) - (c[i] == SIGUSR2);
			if (is_stop(c[i])) {
				news.stops++;
				news.last = c[i];
			}
		}
	return news;
}

static void
end_now(int sig)
{
	_exit(EXIT_SIGNAL + sig);
}

void
sig_last(void)
{
	static const int stops[] = {SIGINT, SIGTERM, SIGHUP};
	for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
		install(stops[i], end_now);
	struct sig_pending news = sig_take();
	if (news.stops) /* it arrived between the last sig_take() and now */
		_exit(EXIT_SIGNAL + news.last);
}

void
sig_defaults(sigset_t *set)
{
	*set = changed;
}
