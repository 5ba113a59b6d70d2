/* Starting a child: vfork() on Linux, fork() elsewhere. */
#include "base/os_system.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef TC_OS_LINUX
#include <sys/prctl.h>
#endif

#include "base/os.h"

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

#else

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

#endif
