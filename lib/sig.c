#include "sig.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"

static int pipe_fd[2] = {-1, -1};
static sigset_t changed;

static void
handler(int sig)
{
	int saved = errno;
	unsigned char c = (unsigned char)sig;
	ssize_t n = write(pipe_fd[1], &c, 1); /* a full pipe is readable anyway */
	(void)n;
	errno = saved;
}

static void
hear(int sig, void (*what)(int))
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
		if (fcntl(pipe_fd[i], F_SETFL, O_NONBLOCK) < 0 || fcntl(pipe_fd[i], F_SETFD, FD_CLOEXEC) < 0)
			msg_die(EXIT_IO, "fcntl: %s", strerror(errno));
	hear(SIGINT, handler);
	hear(SIGTERM, handler);
	hear(SIGHUP, handler);
	hear(SIGUSR1, handler);
	hear(SIGPIPE, SIG_IGN);
}

void
sig_children(void)
{
	hear(SIGCHLD, handler);
}

int
sig_fd(void)
{
	return pipe_fd[0];
}

struct sig_news
sig_take(void)
{
	struct sig_news news = {0};
	unsigned char c[64];
	ssize_t n;
	while ((n = read(pipe_fd[0], c, sizeof c)) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (c[i] == SIGUSR1) {
				news.progress = true;
			} else if (c[i] == SIGCHLD) {
				news.child = true;
			} else {
				news.stops++;
				news.last = c[i];
			}
	return news;
}

void
sig_defaults(sigset_t *set)
{
	*set = changed;
}
