/*
 * peak FILE COMMAND [ARG...]: runs a command and writes into FILE how much
 * memory it took at most, in KiB. Ends as the command does: with its status, or
 * with 128+n after signal n. Passes TERM on.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/msg.h"

static volatile sig_atomic_t child;

static void
pass_on(int sig)
{
	if (child > 0)
		kill((pid_t)child, sig);
}

static long
peak_kib(void)
{
	struct rusage use;
	getrusage(RUSAGE_CHILDREN, &use);
#ifdef __APPLE__
	return use.ru_maxrss / 1024;
#else
	return use.ru_maxrss;
#endif
}

int
main(int argc, char **argv)
{
	int status;
	struct sigaction act = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
	msg_init(argv[0]);
	if (argc < 3)
		msg_die(EXIT_BAD_USAGE, "usage: peak FILE COMMAND [ARG...]");
	pid_t pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	child = pid;
	sigaction(SIGTERM, &act, NULL);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		msg_die(EXIT_IO, "%s: cannot be run", argv[2]);
	FILE *out = fopen(argv[1], "w");
	if (!out || fprintf(out, "%ld\n", peak_kib()) < 0 || fclose(out) != 0)
		msg_die(EXIT_IO, "%s: cannot be written", argv[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
