/* Trouble on request: a rate limit, and answers spoilt with a given probability. */
#ifndef TC_SERVE_HTTP_FAULT_H
#define TC_SERVE_HTTP_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* What a call does, as far as --fault-on tells calls apart. */
enum call_kind { CALL_CREATE, CALL_GET, CALL_OTHER };

/* Up to FAULT_LAST_BEFORE nothing is done; after it the call is carried out and its answer spoilt. */
enum fault {
	FAULT_NONE,
	FAULT_STATUS_500,
	FAULT_STATUS_503,
	FAULT_DROP_BEFORE,
	FAULT_HTML,
	FAULT_LAST_BEFORE = FAULT_HTML,
	FAULT_STATUS_500_AFTER,
	FAULT_DROP_AFTER,
	FAULT_TRUNCATE,
	FAULT_MALFORMED,
	FAULT_SLOW,
	FAULT_SLOW_TO_START,
	FAULT_COUNT
};

struct faults {
	double p[FAULT_COUNT];
	bool on[CALL_OTHER + 1];
	uint64_t state; /* of the random numbers */
};

/* Reads "NAME=P[,NAME=P...]" into f; NULL, or why not (static). */
const char *fault_parse(struct faults *f, const char *text);

/* Reads create, get or all; NULL, or why not. */
const char *fault_on(struct faults *f, const char *text);

/* Starts the random numbers: the same seed gives the same faults to the same calls in the same order. */
void fault_seed(struct faults *f, uint64_t seed);

/* What happens to this call. */
enum fault fault_draw(struct faults *f, enum call_kind kind);

/* A token bucket; all zero lets everything through. */
struct rate {
	double per_second, burst; /* burst 0: one second's worth, at least 1 */
	bool date;                /* Retry-After as a date */
	long retry_after;         /* seconds to say; -1: what is true */
	double tokens;
	int64_t last; /* clock_now() of the last call; 0 before the first */
};

/* 0 if a call may pass now, else the seconds (rounded up, at least 1) until one may. */
long rate_take(struct rate *r, int64_t now);

#endif
