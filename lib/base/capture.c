#include "base/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/os.h"

extern char **environ;

/* Start the command with its output in fd. Return 0, or an errno. */
static int
start(char *const argv[], int fd, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	sigdelset(&all, SIGKILL);
	sigdelset(&all, SIGSTOP);
	int rc = posix_spawn_file_actions_init(&files);
	if (rc)
		return rc;
	rc = posix_spawnattr_init(&attr);
	if (!rc) {
		rc = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY,
						      0);
		rc = rc ? rc : posix_spawn_file_actions_adddup2(&files, fd, STDOUT_FILENO);
		rc = rc ? rc : posix_spawnattr_setsigmask(&attr, &none);
		rc = rc ? rc : posix_spawnattr_setsigdefault(&attr, &all);
		rc = rc ? rc
			: posix_spawnattr_setflags(&attr,
						   POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
		rc = rc ? rc : posix_spawnp(pid, argv[0], &files, &attr, argv, environ);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

/* Read the output to its end. Return NULL, or what went wrong. */
static const char *
drain(int fd, int64_t until, size_t max, struct buf *out)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int got = poll(&p, 1, clock_poll_ms(clock_now(), until));
		if (got == 0)
			return "it took too long";
		if (got < 0 && errno == EINTR)
			continue;
		ssize_t n = got < 0 ? -1 : read(fd, buf_room(out, max + 1), max + 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? strerror(errno) : NULL;
		out->n += (size_t)n;
		if (out->n > max)
			return "it printed too much";
	}
}

const char *
capture(char *const argv[], int64_t timeout, size_t max, struct buf *out)
{
	static char text[64];
	int fd[2], status = 0;
	pid_t pid;
	if (os_pipe(fd) < 0)
		return strerror(errno);
	int rc = start(argv, fd[1], &pid);
	close(fd[1]);
	if (rc) {
		close(fd[0]);
		return strerror(rc);
	}
	const char *why = drain(fd[0], clock_now() + timeout, max, out);
	close(fd[0]);
	if (why)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (!why && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
		snprintf(text, sizeof text,
			 WIFEXITED(status) ? "exit status %d" : "ended by signal %d",
			 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
		why = text;
	}
	return why;
}
