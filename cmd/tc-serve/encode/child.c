#include "encode/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os.h"

#ifdef __linux__
#include <linux/capability.h>
#include <sys/prctl.h>
#endif

enum { READ_AT_ONCE = 64 << 10 };

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

/* In the child: a bound on what it writes, and nothing that would let it look into us though we may be root. */
static void
restrain(const struct child_limits *l)
{
	const struct rlimit size = {(rlim_t)l->most, (rlim_t)l->most};
	if (l->most > 0)
		setrlimit(RLIMIT_FSIZE, &size);
#ifdef __linux__
	static const unsigned long looks[] = {CAP_SYS_PTRACE, CAP_SYS_ADMIN, 38 /* CAP_PERFMON */};
	for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
		prctl(PR_CAPBSET_DROP, looks[i], 0, 0, 0);
#endif
}

/* In the child: 0, 1, 2, then l->fds, and nothing else. They are moved up first, so that none is in another's way. */
static bool
take_fds(const struct child_limits *l, int out, int err)
{
	int from[3 + CHILD_FDS] = {open("/dev/null", O_RDONLY), out, err}, n = 3;
	for (size_t i = 0; i < l->nfds; i++)
		from[n++] = l->fds[i];
	for (int i = 0; i < n; i++)
		if (from[i] < 0 || (from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, 3 + CHILD_FDS)) < 0)
			return false;
	for (int i = 0; i < n; i++)
		if (dup2(from[i], i) < 0)
			return false;
	os_close_from(n);
	return true;
}

/* In the child, where only async-signal-safe functions may be called. */
static void
become(char *const argv[], const struct child_limits *l, int out, int err, pid_t parent)
{
	static const char cannot[] = "cannot run the encoder: ";
	static const int ignored[] = {SIGPIPE, SIGXFSZ};
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
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		sigaction(ignored[i], &dfl, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!take_fds(l, out, err))
		_exit(127);
	restrain(l);
	execvp(argv[0], argv);
	ssize_t n = write(2, cannot, sizeof cannot - 1);
	n = n < 0 ? n : write(2, argv[0], strlen(argv[0]));
	_exit(n < 0 ? 126 : 127);
}

bool
child_start(struct child *c, char *const argv[], const struct child_limits *l)
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
		become(argv, l, out[1], err[1], self);
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
	for (size_t start = into->n; *fd >= 0 && into->n - start < READ_AT_ONCE;) {
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
