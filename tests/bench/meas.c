/*
 * meas [-i FILE] [-o FILE] [-e FILE] [-r TIMES] [-t SECONDS] COMMAND [ARG...]
 * runs a command, TIMES times one after the other, and prints a line of JSON:
 *
 *	{"wall":1.234,"cpu":0.567,"rss":3456,"status":0}
 *
 * Seconds of all runs together; cpu is user and system of the command and of
 * all that it waited for; rss the most that the command itself (not its
 * children) was seen to hold, in KiB: it is looked at every 10 ms. After
 * SECONDS its process group is killed and the status is 124.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"

static struct {
	const char *in, *out, *err;
	long times, seconds;
} o = {.in = "/dev/null", .out = "/dev/null", .times = 1, .seconds = 120};

static int64_t
cpu_of_children(void)
{
	struct rusage u;
	getrusage(RUSAGE_CHILDREN, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * SECOND + u.ru_utime.tv_usec +
	       u.ru_stime.tv_usec;
}

/* Return the peak memory of a process so far, in KiB; 0 if it is unknown. */
static long
most_held(pid_t pid)
{
	char path[64], line[256];
	long kib = 0;
	snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
	FILE *f = fopen(path, "r");
	if (!f)
		return 0;
	while (fgets(line, sizeof line, f))
		if (strncmp(line, "VmHWM:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	fclose(f);
	return kib;
}

static void
put_on(int fd, const char *path, int flags)
{
	int from = open(path, flags, 0644);
	if (from < 0 || dup2(from, fd) < 0) {
		msg_error("%s: %s", path, strerror(errno));
		_exit(EXIT_IO);
	}
	if (from != fd)
		close(from);
}

static void
become(char **argv, const sigset_t *mask)
{
	setpgid(0, 0);
	put_on(0, o.in, O_RDONLY);
	put_on(1, o.out, O_WRONLY | O_CREAT | O_TRUNC);
	if (o.err)
		put_on(2, o.err, O_WRONLY | O_CREAT | O_TRUNC);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	msg_error("%s: %s", argv[0], strerror(errno));
	_exit(127);
}

/* One run; SIGCHLD is blocked, and old is the mask that the command gets. */
static int
run(char **argv, const sigset_t *child, const sigset_t *old, long *rss)
{
	static const struct timespec look = {0, 10 * 1000000};
	int64_t end = clock_now() + o.seconds * SECOND;
	int status = 0;
	bool late = false;
	pid_t pid = fork();
	if (pid < 0)
		msg_die(EXIT_IO, "fork: %s", strerror(errno));
	if (pid == 0)
		become(argv, old);
	while (waitpid(pid, &status, WNOHANG) != pid) {
		long kib = most_held(pid);
		if (kib > *rss)
			*rss = kib;
		if (!late && clock_now() > end) {
			kill(-pid, SIGKILL);
			late = true;
		}
		sigtimedwait(child, NULL, &look);
	}
	if (late)
		return 124;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_SIGNAL + WTERMSIG(status);
}

static void
options(int argc, char **argv)
{
	int c;
	while ((c = getopt(argc, argv, "+i:o:e:r:t:")) != -1)
		switch (c) {
		case 'i':
			o.in = optarg;
			break;
		case 'o':
			o.out = optarg;
			break;
		case 'e':
			o.err = optarg;
			break;
		case 'r':
			o.times = strtol(optarg, NULL, 10);
			break;
		case 't':
			o.seconds = strtol(optarg, NULL, 10);
			break;
		default:
			exit(EXIT_BAD_USAGE);
		}
	if (optind == argc)
		msg_die(EXIT_BAD_USAGE, "no command");
}

int
main(int argc, char **argv)
{
	sigset_t child, old;
	long rss = 0;
	int status = 0;
	msg_init(argv[0]);
	options(argc, argv);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &old);
	int64_t began = clock_now();
	for (long i = 0; i < o.times; i++) {
		int s = run(argv + optind, &child, &old, &rss);
		if (s && !status)
			status = s;
	}
	printf("{\"wall\":%.6f,\"cpu\":%.6f,\"rss\":%ld,\"status\":%d}\n",
	       (double)(clock_now() - began) / (double)SECOND,
	       (double)cpu_of_children() / (double)SECOND, rss, status);
	return 0;
}
