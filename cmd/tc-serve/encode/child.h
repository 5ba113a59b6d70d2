/*
 * Encoders as child processes: each in its own process group, with pipes on its
 * stdout and stderr.
 */
#ifndef TC_SERVE_ENCODE_CHILD_H
#define TC_SERVE_ENCODE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

struct child {
	pid_t pid;          /* 0: none */
	int out_fd, err_fd; /* -1 when closed; non-blocking */
};

enum { CHILD_FDS = 16 };

struct child_limits {
	const int *fds;  /* close-on-exec */
	size_t nfds;     /* at most CHILD_FDS */
	int64_t most;    /* size of a file it writes, bytes; 0: no limit */
	const char *dir; /* where it runs; NULL: here */
};

/*
 * Run argv, searched for in PATH. The child's stdin is /dev/null, l->fds are
 * its 3, 4, ..., and it has no other descriptor of ours. On Linux it is killed
 * if we die. Return false with errno if it cannot be started, that of exec
 * included.
 */
bool child_start(struct child *c, char *const argv[], const struct child_limits *l);

/* Append what can be read from a descriptor now, at most 64 KiB; close it at end of file. */
void child_read(int *fd, struct buf *into);

/*
 * Return true once the child has ended, with waitpid()'s *status. Reads the
 * rest of both pipes and closes them.
 */
bool child_ended(struct child *c, struct buf *out, struct buf *err, int *status);

/* Kill the child's process group. */
void child_kill(const struct child *c);

/* Kill the child, wait for it and close its pipes. */
void child_stop(struct child *c);

#endif
