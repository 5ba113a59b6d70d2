/*
 * Child processes as a transport: each in its own group, its stdin fed, its
 * stdout and stderr captured, all from one loop. A child has ended when its
 * process has; what its own children do with the pipes afterwards stalls
 * nobody.
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

/* Our end of one of its pipes. */
struct pipe_end {
	int fd; /* -1: closed */
	struct child *of;
};

enum child_phase {
	CHILD_RUNS,
	CHILD_TERMED, /* asked to end */
	CHILD_KILLED,
	CHILD_ENDED,  /* and others still hold its pipes: for a moment more */
};

struct child {
	void *owner; /* its starter's own, as is uses */
	size_t uses;
	pid_t pid;   /* of its process group too */
	enum child_phase phase;
	int64_t due;    /* when time is up: for it, or for what comes after TERM */
	bool timed_out; /* due came while it ran */
	bool overflowed;  /* it printed more than the limit, and was ended for it */
	bool stop_requested;      /* child_terminate() was called */
	bool signalled; /* we sent it a signal to end it */
	bool lingers;   /* CHILD_ENDED, and not waited for yet */
	int stopped;    /* SIGTTIN or SIGTTOU: it asked for the terminal, and was ended for it */
	int status;     /* waitpid's */
	struct buf output, errors; /* of errors only the end is kept */
	struct pipe_end in, out, err;
	struct buf input; /* for its stdin, from fed on; what is left in the end it did not take */
	bool feeding;    /* more goes in when there is room */
	size_t input_sent, guard;
	bool keep_stdin; /* its stdin, after what it was fed */
	struct child *next; /* of the spare ones */
};

struct children {
	struct child **all;
	size_t n, cap, lingering;
	struct child *spare; /* structs and buffers to use again */
	struct os_watch watch;
	int null;            /* /dev/null, for those that are fed nothing */
	int64_t next_deadline;     /* no due is earlier than this */
	sigset_t defaults;
	size_t errors_keep;  /* how much of the end of stderr is wanted, at least */
	bool settle;         /* without progress that was drawn over */

	/* It has ended; its struct is taken back when this returns. */
	void (*ended)(struct children *c, struct child *ch);

	/* Bytes were added to its output, or (if errors) to its errors: the last n. May be NULL. */
	void (*heard)(struct children *c, struct child *ch, bool errors, size_t n);
	void *tool;
	int keep; /* a descriptor that the next child inherits too, or -1 */
};

/* Call after sig_init() and sig_children(). Exits 74 if a descriptor cannot be had. */
void children_init(struct children *c);

/*
 * Starts path with argv and envp. feed: what its stdin is to bring before its
 * end; feed.p NULL: nothing (/dev/null). keep_open: stdin stays open for
 * child_feed(). timeout: how long it may run, 0: as long as it likes. NULL
 * with errno, that of exec included.
 */
struct child *children_start(struct children *c, const char *path, char *const *argv, char *const *envp,
			     struct span feed, bool keep_stdin, int64_t timeout);

/* Sleeps until `until`, news on fds or of a child; calls heard() and ended(). What a flow's wait() needs. */
void children_wait(struct children *c, struct pollfd *fds, nfds_t n, int64_t until);

/* TERM to its group now, KILL five seconds later. */
void child_terminate(struct children *c, struct child *ch);

/* All of them: see child_terminate(). */
void children_end(struct children *c);

/* ^Z: stops all, then us; when we are continued so are they, and no time has passed for them. */
void children_suspend(struct children *c);

/* More for the stdin of a child that keeps it open. */
void child_feed(struct children *c, struct child *ch, struct span more);
/* Looks now, without waiting, whether it has printed something: heard() says so. */
void child_poll_output(struct children *c, struct child *ch);
void child_close_stdin(struct children *c, struct child *ch);

/* Its time is up at `due` (NEVER: it has all the time). */
void child_set_deadline(struct children *c, struct child *ch, int64_t due);

/* Closes all; none may be left. */
void children_free(struct children *c);

#endif
