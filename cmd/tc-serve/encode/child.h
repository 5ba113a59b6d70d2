/* A child process in its own process group, with pipes on its stdout and stderr. */
#ifndef TC_SERVE_ENCODE_CHILD_H
#define TC_SERVE_ENCODE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

struct child {
	pid_t pid;       /* 0: none */
	int out_fd, err_fd; /* -1 when closed; non-blocking */
};

/*
 * Runs argv (looked up in PATH), stdin /dev/null; it has stdout, stderr, fds as
 * its 3, 4, ... and no other descriptor. A file that it writes may have most
 * bytes (0: any). False with errno if there is no room for a process. A program that cannot be run ends with status 127
 * and says so on its stderr. On Linux the child is killed if we die.
 */
enum { CHILD_FDS = 16 };
struct child_limits {
	const int *fds; /* close-on-exec */
	size_t nfds;    /* at most CHILD_FDS */
	int64_t most;
};
bool child_start(struct child *c, char *const argv[], const struct child_limits *l);

/* Appends what a descriptor holds now, 64 KiB at most; closes it at its end. */
void child_read(int *fd, struct buf *into);

/* True once the child has ended: *status as waitpid() gives it. Reads the last of both pipes and closes them. */
bool child_ended(struct child *c, struct buf *out, struct buf *err, int *status);

/* Kills the child's process group. */
void child_kill(const struct child *c);

/* Kills it and waits for its end, pipes closed. */
void child_stop(struct child *c);

#endif
