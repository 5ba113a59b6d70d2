/*
 * What the end of a child means, for any command: it went well, it was refused
 * as one too many, it may do better later, or it failed for good. It fails for
 * good by its own doing only: what others did to it is no fault of the item.
 */
#ifndef TC_POOL_CLASSIFY_H
#define TC_POOL_CLASSIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "pattern.h"

/* Exit statuses (and how else it may end) from a list like "75,100-105,timeout,signal". */
struct status_list {
	bool on[256], timeout, signal;
};

/* An OPT_CALL for such a list; to is a struct status_list. */
const char *status_list_option(void *to, const char *value);

struct classify_rules {
	struct status_list retry, throttle;
	struct pattern throttle_match, retry_match; /* for stderr; one that was not given becomes the default */
};
void classify_free(struct classify_rules *r);

/* What a child printed, looked at: all borrowed from it. */
struct child_output {
	struct span json;  /* the one JSON text it is; empty if it is none */
	struct span text;  /* else: without its last line end */
	bool refused;      /* it is an object with "ok":false */
	struct span error; /* the error member of such a record of ours, else empty */
};
void child_output_parse(struct child_output *a, struct span output);

/* How a child ended. */
struct child_exit {
	bool alive;     /* it goes on: only its answer counts */
	bool exited;    /* with status; else by signal */
	int status, signal;
	bool ours;      /* we sent it a signal to end it */
	bool timed_out;
	bool time_limit; /* Slurm ended it because its own time was up */
	struct span output; /* its stdout */
	struct span errors; /* the end of its stderr */
	struct child_output answer;
};

enum exit_class {
	CLASS_OK,
	CLASS_THROTTLED,
	CLASS_UNAVAILABLE, /* by --retry-match: what should have run the command could not, or was taken away */
	CLASS_TEMPORARY,
	CLASS_INTERRUPTED, /* ended by others: TERM, KILL, INT, HUP, QUIT, or a status that reports one of them */
	CLASS_REFUSED,     /* the key or the plan: nothing else will do better */
	CLASS_PERMANENT,
};
enum exit_class classify_exit(struct classify_rules *r, const struct child_exit *e);

/* Does stderr say that Slurm ended it at its time limit? */
bool classify_time_limit(struct span errors);

/* The signal that others ended it with, itself or (as sh, ssh and docker report it) what it ran; 0 if none. */
int verdict_outside(const struct child_exit *e);

/* True if its record has this code. */
bool verdict_code(const struct child_output *a, const char *code);

/* The delay its record asked for, microseconds; -1 if none. */
int64_t classify_retry_after(const struct child_output *a);

/* "TERM" for SIGTERM. */
const char *signal_name(int sig);

#endif
