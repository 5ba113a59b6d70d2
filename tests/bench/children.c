/*
 * children [-c] [-j N] COMMAND [ARG...]: runs the command for each line of
 * stdin, as its last argument, N at once, and nothing else: the limit for
 * tc-pool. Without -c: posix_spawn() and waitpid(), output goes where ours
 * goes. With -c: stdout and stderr through pipes, the end seen by a pidfd, and
 * a line of JSON for each item, in input order.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/msg.h"
#include "json/json.h"

enum { OUT, ERR, END, ENDS, EVENTS = 64, CHUNK = 4096 };

struct child {
	pid_t pid;
	size_t index;
	int fd[ENDS], open;
	struct buf text[END];
};

static bool capture;
static long jobs = 8;
static char **command; /* with room for the item and NULL */
static int command_n;
static struct child *children;
static size_t *spare, spare_n, running;
static int poller;
static struct buf *results; /* by index, from `printed` on */
static size_t results_n, printed;

static void
die(const char *what, int error)
{
	msg_die(EXIT_IO, "%s: %s", what, strerror(error));
}

static void
watch(struct child *c, int which)
{
	struct epoll_event e = {.events = EPOLLIN,
				.data.u64 = (uint64_t)(c - children) * ENDS + (unsigned)which};
	if (c->fd[which] < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, c->fd[which], &e) < 0)
		die("epoll", errno);
	c->open++;
}

static void
start(struct child *c, char *item, size_t index)
{
	extern char **environ;
	posix_spawn_file_actions_t actions;
	int to[END][2];
	command[command_n] = item;
	c->index = index;
	posix_spawn_file_actions_init(&actions);
	for (int i = 0; capture && i < END; i++) {
		if (pipe2(to[i], O_CLOEXEC) < 0)
			die("pipe", errno);
		posix_spawn_file_actions_adddup2(&actions, to[i][1], i + 1);
		c->fd[i] = to[i][0];
		c->text[i].n = 0;
	}
	int error = posix_spawn(&c->pid, command[0], &actions, NULL, command, environ);
	if (error)
		die(command[0], error);
	posix_spawn_file_actions_destroy(&actions);
	running++;
	if (!capture)
		return;
	for (int i = 0; i < END; i++) {
		close(to[i][1]);
		watch(c, i);
	}
	c->fd[END] = (int)syscall(SYS_pidfd_open, c->pid, 0);
	watch(c, END);
}

/* A line, when its turn has come; many in one write. */
static void
print(struct child *c, int status)
{
	if (c->index >= results_n) {
		size_t n = 2 * c->index + 64;
		results = mem_grow(results, n * sizeof *results);
		memset(results + results_n, 0, (n - results_n) * sizeof *results);
		results_n = n;
	}
	struct buf *line = &results[c->index];
	buf_fmt(line, "{\"index\":%zu,\"exit\":%d,\"value\":", c->index, WEXITSTATUS(status));
	json_quote(line, buf_all(&c->text[OUT]));
	buf_str(line, "}\n");
	for (; printed < results_n && results[printed].n; printed++) {
		fwrite(results[printed].p, 1, results[printed].n, stdout);
		buf_free(&results[printed]);
	}
}

static void
ended(struct child *c, int status)
{
	if (capture)
		print(c, status);
	spare[spare_n++] = (size_t)(c - children);
	running--;
}

static void
hear(struct child *c, int which)
{
	if (which != END) {
		ssize_t n = read(c->fd[which], buf_room(&c->text[which], CHUNK), CHUNK);
		if (n > 0) {
			c->text[which].n += (size_t)n;
			return;
		}
	}
	/* close() alone is not enough: a child between vfork and exec still holds it */
	epoll_ctl(poller, EPOLL_CTL_DEL, c->fd[which], NULL);
	close(c->fd[which]);
	int status = 0;
	if (--c->open == 0) {
		if (waitpid(c->pid, &status, 0) < 0)
			die("waitpid", errno);
		ended(c, status);
	}
}

static void
wait_for_some(void)
{
	struct epoll_event e[EVENTS];
	if (capture) {
		int n = epoll_wait(poller, e, EVENTS, -1);
		for (int i = 0; i < n; i++)
			hear(&children[e[i].data.u64 / ENDS], (int)(e[i].data.u64 % ENDS));
		return;
	}
	int status;
	pid_t pid = waitpid(-1, &status, 0);
	for (long i = 0; i < jobs; i++)
		if (children[i].pid == pid) {
			children[i].pid = 0;
			ended(&children[i], status);
			return;
		}
	die("waitpid", errno);
}

int
main(int argc, char **argv)
{
	char *line = NULL;
	size_t cap = 0, index = 0;
	int c;
	bool more = true;
	msg_init(argv[0]);
	while ((c = getopt(argc, argv, "+cj:")) != -1)
		switch (c) {
		case 'c':
			capture = true;
			break;
		case 'j':
			jobs = strtol(optarg, NULL, 10);
			break;
		default:
			return EXIT_BAD_USAGE;
		}
	if (optind == argc || jobs < 1)
		msg_die(EXIT_BAD_USAGE, "no command, or no jobs");
	command_n = argc - optind;
	command = mem_zero(((size_t)command_n + 2) * sizeof *command);
	memcpy(command, argv + optind, (size_t)command_n * sizeof *command);
	children = mem_zero((size_t)jobs * sizeof *children);
	spare = mem_zero((size_t)jobs * sizeof *spare);
	while (spare_n < (size_t)jobs)
		spare[spare_n] = spare_n, spare_n++;
	poller = epoll_create1(EPOLL_CLOEXEC);
	for (;;) {
		while (more && spare_n) {
			ssize_t n = getline(&line, &cap, stdin);
			if ((more = n > 0)) {
				line[n - (line[n - 1] == '\n')] = '\0';
				start(&children[spare[--spare_n]], line, index++);
			}
		}
		if (!running)
			return fclose(stdout) == 0 ? 0 : EXIT_IO;
		wait_for_some();
	}
}
