#if defined __linux__ && !defined TC_OS_PLAIN
#define TC_OS_LINUX 1
#define _GNU_SOURCE /* pipe2, vfork */
#else
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#endif
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef TC_OS_LINUX
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#endif

#include "base/buf.h"

enum { EXTRA_FDS = 16, FDS_MAX = 65536 };

void *
os_shared(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

int
os_columns(int fd)
{
#ifdef TIOCGWINSZ
	struct winsize w;
	return ioctl(fd, TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
#else
	(void)fd;
	return 0;
#endif
}

/* Close the descriptors from first to last. Where the system has no call for it, only those below
 * FDS_MAX. */
static void
close_range_of(int first, int last)
{
	if (first > last)
		return;
#if defined TC_OS_LINUX && defined SYS_close_range
	if (syscall(SYS_close_range, (unsigned)first, (unsigned)last, 0) == 0)
		return;
#endif
	long most = sysconf(_SC_OPEN_MAX);
	for (int fd = first; fd <= last && fd < (most > 0 && most < FDS_MAX ? (int)most : FDS_MAX);
	     fd++)
		close(fd);
}

void
os_close_from(int first)
{
	close_range_of(first, INT_MAX);
}

void
os_close_others(int keep, int keep_too)
{
	int low = keep < keep_too ? keep : keep_too, high = keep < keep_too ? keep_too : keep;
	close_range_of(0, low - 1);
	close_range_of(low < 0 ? 0 : low + 1, high - 1);
	close_range_of(high < 0 ? 0 : high + 1, INT_MAX);
}

void
os_private(void)
{
	static const struct rlimit none = {0, 0};
	setrlimit(RLIMIT_CORE, &none);
#ifdef TC_OS_LINUX
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* hides /proc/PID/mem and environ, except from root */
#endif
}

/*
 * Runs in the child: only system calls until exec, because its memory may be
 * the parent's. Return the errno of what failed.
 */
static int
exec_child(const struct os_spawn *s, pid_t parent, const sigset_t *mask)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};
	for (int sig = 1; sig < 32; sig++)
		if (sigismember(&s->defaults, sig) == 1)
			sigaction(sig, &dfl, NULL);
	setpgid(0, 0);
#ifdef TC_OS_LINUX
	prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
	if (getppid() != parent)
		return ESRCH; /* the parent died before the prctl() took effect */
	for (int i = 0; i < 3; i++)
		if (dup2(s->fd[i], i) < 0)
			return errno;
	if (s->keep >= 0)
		fcntl(s->keep, F_SETFD, 0);
	int why = s->prepare ? s->prepare(s->ctx) : 0;
	if (why)
		return why;
	sigprocmask(SIG_SETMASK, mask, NULL);
	execve(s->path, s->argv, s->envp);
	return errno;
}

/* exec failed: reap the child here so that no caller sees it. */
static void
reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
}

#ifdef TC_OS_LINUX

int
os_reserve(int fd, off_t size)
{
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, size) == 0 || errno == EOPNOTSUPP ||
	    errno == ENOSYS || errno == EINVAL)
		return 0;
	return -1;
}

void
os_write_out(int fd)
{
	if (sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE) < 0)
		return; /* who waits for the bytes is told */
}

void
os_boot(char out[64])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, out, 63);
	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

int
os_random(void *to, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = getrandom((char *)to + done, n - done, 0);
		if (got < 0 && errno != EINTR)
			return -1;
		done += got > 0 ? (size_t)got : 0;
	}
	return 0;
}

int
os_pipe(int fd[2])
{
	return pipe2(fd, O_CLOEXEC);
}

int
os_reopen(int fd)
{
	char path[40];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

pid_t
os_spawn(const struct os_spawn *s)
{
	sigset_t all, none, was;
	volatile int failed = 0; /* written by the child, which shares our memory */
	pid_t parent = getpid();
	sigfillset(&all);
	sigemptyset(&none);
	/* our handlers must not run in the child */
	if (sigprocmask(SIG_SETMASK, &all, &was) < 0)
		return -1;
	pid_t pid = vfork();
	if (pid == 0) {
		failed = exec_child(s, parent, &none);
		_exit(127);
	}
	int why = pid < 0 ? errno : failed;
	sigprocmask(SIG_SETMASK, &was, NULL);
	if (pid > 0 && !why)
		return pid;
	if (pid > 0)
		reap(pid);
	errno = why;
	return -1;
}

int
os_watch_init(struct os_watch *w)
{
	*w = (struct os_watch){.fd = epoll_create1(EPOLL_CLOEXEC)};
	return w->fd < 0 ? -1 : 0;
}

int
os_watch_add(struct os_watch *w, int fd, short events, void *ctx)
{
	struct epoll_event e = {.events = events & POLLOUT ? EPOLLOUT : EPOLLIN, .data.ptr = ctx};
	return epoll_ctl(w->fd, EPOLL_CTL_ADD, fd, &e);
}

void
os_watch_remove(struct os_watch *w, int fd)
{
	struct epoll_event e = {0};
	epoll_ctl(w->fd, EPOLL_CTL_DEL, fd, &e);
}

size_t
os_watch_wait(struct os_watch *w, struct pollfd *fds, nfds_t n, int timeout, struct os_event *out,
	      size_t max)
{
	struct pollfd all[EXTRA_FDS];
	struct epoll_event ev[64];
	memcpy(all, fds, n * sizeof *fds);
	all[n] = (struct pollfd){.fd = w->fd, .events = POLLIN};
	int got = poll(all, n + 1, timeout);
	for (nfds_t i = 0; i < n; i++)
		fds[i].revents = got > 0 ? all[i].revents : 0;
	if (got <= 0 || !all[n].revents)
		return 0;
	got = epoll_wait(w->fd, ev, max < 64 ? (int)max : 64, 0);
	for (int i = 0; i < got; i++)
		out[i].ctx = ev[i].data.ptr;
	return got > 0 ? (size_t)got : 0;
}

void
os_watch_free(struct os_watch *w)
{
	close(w->fd);
	w->fd = -1;
}

#else

int
os_reserve(int fd, off_t size)
{
	(void)fd, (void)size;
	return 0;
}

void
os_write_out(int fd)
{
	(void)fd;
}

void
os_boot(char out[64])
{
	out[0] = '\0';
}

int
os_random(void *to, size_t n)
{
	static int fd = -1; /* kept open, for when descriptors have run out */
	if (fd < 0 && (fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC)) < 0)
		return -1;
	for (size_t done = 0; done < n;) {
		ssize_t got = read(fd, (char *)to + done, n - done);
		if (got == 0 || (got < 0 && errno != EINTR)) {
			errno = got ? errno : EIO;
			return -1;
		}
		done += got > 0 ? (size_t)got : 0;
	}
	return 0;
}

int
os_pipe(int fd[2])
{
	if (pipe(fd) < 0)
		return -1;
	if (fcntl(fd[0], F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd[1], F_SETFD, FD_CLOEXEC) == 0)
		return 0;
	close(fd[0]);
	close(fd[1]);
	return -1;
}

int
os_reopen(int fd)
{
	(void)fd;
	errno = ENOTSUP;
	return -1;
}

/* The child sends its errno through a pipe, which a successful exec closes. */
pid_t
os_spawn(const struct os_spawn *s)
{
	sigset_t all, none, was;
	int fd[2], why = 0;
	pid_t parent = getpid();
	sigfillset(&all);
	sigemptyset(&none);
	if (os_pipe(fd) < 0)
		return -1;
	sigprocmask(SIG_SETMASK, &all, &was);
	pid_t pid = fork();
	if (pid == 0) {
		why = exec_child(s, parent, &none);
		ssize_t told = write(fd[1], &why, sizeof why);
		_exit(told == sizeof why ? 127 : 126);
	}
	if (pid < 0)
		why = errno;
	sigprocmask(SIG_SETMASK, &was, NULL);
	close(fd[1]);
	if (pid > 0) {
		ssize_t n;
		while ((n = read(fd[0], &why, sizeof why)) < 0 && errno == EINTR)
			continue;
		if (n != sizeof why)
			why = 0;
		else
			reap(pid);
	}
	close(fd[0]);
	errno = why;
	return why ? -1 : pid;
}

int
os_watch_init(struct os_watch *w)
{
	*w = (struct os_watch){.fd = -1};
	return 0;
}

int
os_watch_add(struct os_watch *w, int fd, short events, void *ctx)
{
	if (w->n + EXTRA_FDS >= w->cap) {
		w->cap = 2 * w->cap + 2 * EXTRA_FDS;
		w->fds = mem_grow(w->fds, w->cap * sizeof *w->fds);
		w->ctx = mem_grow(w->ctx, w->cap * sizeof *w->ctx);
	}
	w->fds[w->n] = (struct pollfd){.fd = fd, .events = events};
	w->ctx[w->n++] = ctx;
	return 0;
}

void
os_watch_remove(struct os_watch *w, int fd)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->fds[i].fd == fd) {
			w->fds[i] = w->fds[--w->n];
			w->ctx[i] = w->ctx[w->n];
			return;
		}
}

size_t
os_watch_wait(struct os_watch *w, struct pollfd *fds, nfds_t n, int timeout, struct os_event *out,
	      size_t max)
{
	size_t found = 0;
	struct pollfd none[EXTRA_FDS],
		*all = w->fds ? w->fds : none; /* os_watch_add() keeps room */
	memcpy(all + w->n, fds, n * sizeof *fds);
	int got = poll(all, (nfds_t)w->n + n, timeout);
	for (nfds_t i = 0; i < n; i++)
		fds[i].revents = got > 0 ? all[w->n + i].revents : 0;
	for (size_t i = 0; i < w->n && got > 0 && found < max; i++)
		if (all[i].revents)
			out[found++].ctx = w->ctx[i];
	return found;
}

void
os_watch_free(struct os_watch *w)
{
	free(w->fds);
	free(w->ctx);
	*w = (struct os_watch){.fd = -1};
}

#endif
