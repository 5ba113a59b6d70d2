#include "encode/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/findpath.h"
#include "base/os.h"
#include "base/sig.h"

#ifdef __linux__
#include <linux/capability.h>
#include <sys/prctl.h>
#endif

enum { READ_MAX = 64 << 10 };

extern char **environ;

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Limit the size of a file, and drop what would let the child look into us if we are root. */
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
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

/*
 * In the child, before exec: pass l->fds on as 3, 4, ... They are moved up
 * first, out of each other's way.
 */
static int
prepare(const void *ctx)
{
	const struct child_limits *l = ctx;
	enum { FIRST = 3 };
	int from[CHILD_FDS], n = (int)l->nfds;
	for (int i = 0; i < n; i++)
		if ((from[i] = fcntl(l->fds[i], F_DUPFD_CLOEXEC, FIRST + CHILD_FDS)) < 0)
			return errno;
	for (int i = 0; i < n; i++)
		if (dup2(from[i], FIRST + i) < 0)
			return errno;
	if (l->dir && chdir(l->dir) != 0)
		return errno;
	os_close_from(FIRST + n);
	restrain(l);
	return 0;
}

/* Open what the child has as 0, 1 and 2; our ends of the pipes go into c. */
static bool
open_ends(struct child *c, int theirs[3])
{
	int out[2] = {-1, -1}, err[2] = {-1, -1};
	theirs[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	bool ok = theirs[0] >= 0 && os_pipe(out) == 0 && os_pipe(err) == 0;
	c->out_fd = out[0];
	c->err_fd = err[0];
	theirs[1] = out[1];
	theirs[2] = err[1];
	return ok && fcntl(out[0], F_SETFL, O_NONBLOCK) == 0 &&
	       fcntl(err[0], F_SETFL, O_NONBLOCK) == 0;
}

bool
child_start(struct child *c, char *const argv[], const struct child_limits *l)
{
	int theirs[3] = {-1, -1, -1}, why = 0;
	*c = (struct child){.out_fd = -1, .err_fd = -1};
	char *path = find_command(argv[0]);
	bool ok = path && open_ends(c, theirs);
	if (ok) {
		struct os_spawn s = {.path = path,
				     .argv = argv,
				     .envp = environ,
				     .fd = {theirs[0], theirs[1], theirs[2]},
				     .keep = -1,
				     .prepare = prepare,
				     .ctx = l};
		sig_defaults(&s.defaults);
		c->pid = os_spawn(&s);
		ok = c->pid > 0;
	}
	why = errno;
	for (int i = 0; i < 3; i++)
		close_fd(&theirs[i]);
	free(path);
	if (!ok) {
		close_fd(&c->out_fd);
		close_fd(&c->err_fd);
		c->pid = 0;
		errno = why;
	}
	return ok;
}

void
child_read(int *fd, struct buf *into)
{
	for (size_t start = into->n; *fd >= 0 && into->n - start < READ_MAX;) {
		ssize_t n = read(*fd, buf_room(into, 4096), 4096);
		if (n > 0) {
			into->n += (size_t)n;
		} else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
			close_fd(fd);
		} else if (errno == EAGAIN) {
			return;
		}
	}
}

bool
child_ended(struct child *c, struct buf *out, struct buf *err, int *status)
{
	siginfo_t info = {0};
	if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
	    info.si_pid != c->pid)
		return false;
	child_read(&c->out_fd, out);
	child_read(&c->err_fd, err);
	child_kill(c); /* the rest of its group; the pid is ours until it is reaped */
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
