#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

static void
close_pair(int fd[2])
{
	close(fd[0]);
	close(fd[1]);
}

/* Both ends close on exec; ours does not block. */
static bool
make_pipe(int fd[2])
{
	if (pipe(fd) != 0)
		return false;
	if (fcntl(fd[0], F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd[1], F_SETFD, FD_CLOEXEC) == 0
		&& fcntl(fd[0], F_SETFL, O_NONBLOCK) == 0)
		return true;
	int saved = errno;
	close_pair(fd);
	errno = saved;
	return false;
}

/* In the child, where only async-signal-safe functions may be called. */
static void
become(char *const argv[], int out, int err, pid_t parent)
{
	static const char cannot[] = "cannot run the encoder: ";
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	sigset_t none;
	sigemptyset(&dfl.sa_mask);
	sigemptyset(&none);
	setpgid(0, 0);
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	if (getppid() != parent)
		_exit(127);
	sigaction(SIGPIPE, &dfl, NULL);
	sigaction(SIGXFSZ, &dfl, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	int null = open("/dev/null", O_RDONLY);
	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(127);
	if (null > 2)
		close(null);
	execvp(argv[0], argv);
	ssize_t n = write(2, cannot, sizeof cannot - 1);
	n = n < 0 ? n : write(2, argv[0], strlen(argv[0]));
	_exit(n < 0 ? 126 : 127);
}

bool
child_start(struct child *c, char *const argv[])
{
	/* fork, not posix_spawn: only the child itself can ask to die with its parent */
	int out[2], err[2];
	pid_t self = getpid();
	if (!make_pipe(out))
		return false;
	if (!make_pipe(err)) {
		close_pair(out);
		return false;
	}
	pid_t pid = fork();
	if (pid == 0)
		become(argv, out[1], err[1], self);
	int saved = errno;
	close(out[1]);
	close(err[1]);
	if (pid < 0) {
		close(out[0]);
		close(err[0]);
		errno = saved;
		return false;
	}
	setpgid(pid, pid); /* here too, so that child_kill() never comes too early */
	*c = (struct child){pid, out[0], err[0]};
	return true;
}

void
child_read(int *fd, struct buf *into)
{
	while (*fd >= 0) {
		ssize_t n = read(*fd, buf_room(into, 4096), 4096);
		if (n > 0) {
			into->n += (size_t)n;
		} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
			close(*fd);
			*fd = -1;
		} else if (errno == EAGAIN) {
			return;
		}
	}
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

bool
child_ended(struct child *c, struct buf *out, struct buf *err, int *status)
{
	siginfo_t info = {0};
	if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != c->pid)
		return false;
	child_read(&c->out_fd, out);
	child_read(&c->err_fd, err);
	child_kill(c); /* what it may have left behind; its pid is ours until it is reaped */
	while (waitpid(c->pid, status, 0) < 0 && errno == EINTR)
		;
	close_fd(&c->out_fd);
	close_fd(&c->err_fd);
	c->pid = 0;
	return true;
}

void
child_kill(const struct child *c)
{
	if (c->pid > 0)
		kill(-c->pid, SIGKILL);
}

void
child_stop(struct child *c)
{
	child_kill(c);
	while (c->pid > 0 && waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close_fd(&c->out_fd);
	close_fd(&c->err_fd);
	c->pid = 0;
}
