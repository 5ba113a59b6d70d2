/*
 * Child processes: each in a group of its own, its stdin fed, its stdout and
 * stderr captured, from one event loop. A child has ended when its process
 * has; pipes that its own children keep open delay nothing.
 */
#ifndef TC_PROC_CHILD_H
#define TC_PROC_CHILD_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/os.h"

struct child;

/* Our end of one of the child's pipes. */
struct pipe_end {
	int fd; /* -1: closed */
	struct child *of;
};

enum child_phase {
	CHILD_RUNS,
	CHILD_TERMED, /* SIGTERM was sent */
	CHILD_KILLED,
	CHILD_ENDED, /* others still hold its pipes: wait a moment for their output */
};

struct child {
	void *owner; /* for the starter, like uses */
	size_t uses;
	pid_t pid; /* also of its process group */
	enum child_phase phase;
	int64_t due;               /* deadline: for the child, or for the next step after SIGTERM */
	bool timed_out;            /* the deadline passed while it ran */
	bool overflowed;           /* it printed more than the limit and was terminated */
	bool stop_requested;       /* child_terminate() was called */
	bool signalled;            /* we sent it a signal to end it */
	bool lingers;              /* CHILD_ENDED, but not reaped yet */
	int stopped;               /* SIGTTIN or SIGTTOU: it used the terminal and was terminated */
	int status;                /* waitpid's */
	struct buf output, errors; /* errors has only the end */
	struct pipe_end in, out, err;
	struct buf input; /* for its stdin, from input_sent on; what it did not read stays */
	bool feeding;     /* more is written when the pipe has room */
	size_t input_sent, guard;
	bool keep_stdin;    /* stdin stays open after its input */
	struct child *next; /* in the list of spare ones */
};

struct children {
	struct child **all;
	size_t n, cap, lingering;
	struct child *spare; /* structs and buffers for reuse */
	struct os_watch watch;
	int null;              /* /dev/null, for children without input */
	int64_t next_deadline; /* no deadline is earlier */
	sigset_t defaults;
	size_t errors_keep; /* how much of the end of stderr to keep, at least */
	bool settle;        /* drop progress that was overwritten with \r */

	/* The child has ended; its struct is reused when this returns. */
	void (*ended)(struct children *c, struct child *ch);

	/* The last n bytes were added to its output, or, if errors, to its errors. May be NULL. */
	void (*heard)(struct children *c, struct child *ch, bool errors, size_t n);
	void *tool;
	int keep; /* one more descriptor for the next child to inherit, or -1 */
};

/* Initialize; call after sig_init() and sig_children(). Exit 74 if a descriptor cannot be made. */
void children_init(struct children *c);

/*
 * Start path with argv and envp. feed: its input; feed.p NULL: /dev/null.
 * keep_stdin: stdin stays open for child_feed(). timeout: how long it may run,
 * microseconds; 0: no limit. Return the child, or NULL with errno, that of
 * exec included.
 */
struct child *children_start(struct children *c, const char *path, char *const *argv,
			     char *const *envp, struct span feed, bool keep_stdin, int64_t timeout);

/*
 * Sleep until `until` (monotonic), an event on fds or of a child; call heard()
 * and ended(). For a flow's wait().
 */
void children_wait(struct children *c, struct pollfd *fds, nfds_t n, int64_t until);

/* Send SIGTERM to the child's group now, SIGKILL five seconds later. */
void child_terminate(struct children *c, struct child *ch);

/* Terminate all children, as child_terminate() does. */
void children_end(struct children *c);

/*
 * Stop all children, then this process (^Z). When it is continued, continue
 * the children and move their deadlines.
 */
void children_suspend(struct children *c);

/* Write more to the stdin of a child that was started with keep_stdin. */
void child_feed(struct children *c, struct child *ch, struct span more);
/* Read what the child has printed, without waiting; heard() gets it. */
void child_poll_output(struct children *c, struct child *ch);
void child_close_stdin(struct children *c, struct child *ch);

/* Set the child's deadline; NEVER: none. */
void child_set_deadline(struct children *c, struct child *ch, int64_t due);

/* Free everything. No child may be left. */
void children_free(struct children *c);

#endif
