/*
 * Classifies how a child ended: success, throttled, temporary, interrupted,
 * refused or permanent failure. Only what the child itself did is permanent:
 * what others did to it is not the item's fault.
 */
#ifndef TC_POOL_CLASSIFY_H
#define TC_POOL_CLASSIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "pattern.h"

/* Exit statuses, timeout and signal, from a list like "75,100-105,timeout,signal". */
struct status_list {
	bool on[256], timeout, signal;
};

/* Parse the value of an OPT_CALL: such a list; to is a struct status_list. */
const char *status_list_option(void *to, const char *value);

struct classify_rules {
	struct status_list retry, throttle;
	struct pattern throttle_match, retry_match; /* for stderr; if not given, the default */
};
void classify_free(struct classify_rules *r);

/* What a child printed. All borrowed. */
struct child_output {
	struct span json;  /* if it is one JSON text: that; else empty */
	struct span text;  /* else: without its last line end */
	bool refused;      /* an object with "ok":false */
	struct span error; /* the error member of such a record of ours; else empty */
};
void child_output_parse(struct child_output *a, struct span output);

/* How a child ended. */
struct child_exit {
	bool alive;  /* still running (coprocess): judge its output only */
	bool exited; /* with status; else by signal */
	int status, signal;
	bool ours; /* we sent it a signal to end it */
	bool timed_out;
	bool time_limit;    /* Slurm ended it at its time limit */
	struct span output; /* its stdout */
	struct span errors; /* the end of its stderr */
	struct child_output answer;
};

enum exit_class {
	CLASS_OK,
	CLASS_THROTTLED,
	CLASS_UNAVAILABLE, /* by --retry-match: the command could not be run, or its machine was
			      taken away */
	CLASS_TEMPORARY,
	CLASS_INTERRUPTED, /* ended by others: TERM, KILL, INT, HUP, QUIT, or a status that reports
			      one of them */
	CLASS_REFUSED,     /* the key or the plan: other lines would be refused too */
	CLASS_PERMANENT,
};
enum exit_class classify_exit(struct classify_rules *r, const struct child_exit *e);

/* Return true if stderr says that Slurm ended the command at its time limit. */
bool classify_time_limit(struct span errors);

/*
 * Return the signal with which others ended the child, or what it ran (as sh,
 * ssh and docker report it); 0: none.
 */
int classify_outside(const struct child_exit *e);

/* Return true if the child's record has this code. */
bool classify_code(const struct child_output *a, const char *code);

/* Return the delay that the child's record asked for, microseconds; -1: none. */
int64_t classify_retry_after(const struct child_output *a);

/* Return "TERM" for SIGTERM. */
const char *signal_name(int sig);

#endif
