/*
 * What the end of a child means, for any command: it went well, it was refused
 * as one too many, it may do better later, or it failed for good. It fails for
 * good by its own doing only: what others did to it is no fault of the item.
 */
#ifndef TC_VERDICT_H
#define TC_VERDICT_H

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

/* Exit statuses (and how else it may end) from a list like "75,100-105,timeout,signal". */
struct status_list {
	bool on[256], timeout, signal;
};

/* An OPT_CALL for such a list; to is a struct status_list. */
const char *verdict_list(void *to, const char *value);

struct verdict_rules {
	struct status_list retry, throttle;
	const char *throttle_match; /* ERE for stderr, NULL: the default */
	regex_t match;
	bool compiled;
};

/* NULL if throttle_match can be used, else why not (borrowed until the next call). */
const char *verdict_prepare(struct verdict_rules *r);
void verdict_free(struct verdict_rules *r);

/* What a child printed, looked at: all borrowed from it. */
struct answer {
	struct span json;  /* the one JSON text it is; empty if it is none */
	struct span text;  /* else: without its last line end */
	bool refused;      /* it is an object with "ok":false */
	struct span error; /* the error member of such a record of ours, else empty */
};
void answer_read(struct answer *a, struct span output);

/* How a child ended. */
struct ending {
	bool alive;     /* it goes on: only its answer counts */
	bool exited;    /* with status; else by signal */
	int status, signal;
	bool ours;      /* we sent it a signal to end it */
	bool timed_out;
	struct span output; /* its stdout */
	struct span errors; /* the end of its stderr */
	struct answer answer;
};

enum verdict {
	VERDICT_OK,
	VERDICT_THROTTLED,
	VERDICT_TEMPORARY,
	VERDICT_INTERRUPTED, /* ended by others: TERM, KILL, INT, HUP, QUIT, or a status that reports one of them */
	VERDICT_REFUSED,     /* the key or the plan: nothing else will do better */
	VERDICT_PERMANENT,
};
enum verdict verdict_of(struct verdict_rules *r, const struct ending *e);

/* The signal that others ended it with, itself or (as sh, ssh and docker report it) what it ran; 0 if none. */
int verdict_outside(const struct ending *e);

/* True if its record has this code. */
bool verdict_code(const struct answer *a, const char *code);

/* The delay its record asked for, microseconds; -1 if none. */
int64_t verdict_retry_after(const struct answer *a);

/* "TERM" for SIGTERM. */
const char *verdict_signal(int sig);

#endif
