/* Fault injection: rate limiting, and responses corrupted with a given probability. */
#ifndef TC_SERVE_HTTP_FAULT_H
#define TC_SERVE_HTTP_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* Kinds of calls, as --fault-on distinguishes them. */
enum call_kind { CALL_CREATE, CALL_GET, CALL_OTHER };

/*
 * Up to FAULT_LAST_BEFORE the call is not carried out; after it, it is, and its
 * response is corrupted.
 */
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
	FAULT_LAST_API = FAULT_SLOW_TO_START,
	/* of request bodies: refused, or at half of them */
	FAULT_PUT_423,
	FAULT_PUT_460,
	FAULT_PUT_503,
	FAULT_PUT_507,
	FAULT_PUT_403,
	FAULT_PUT_RESET,
	FAULT_PUT_STALL,
	FAULT_PUT_SLOW,
	/* of the completion of an upload in parts */
	FAULT_PUT_ERROR_200,
	FAULT_PUT_LOST_200,
	/* of downloads: refused, redirected, or corrupted while they are sent */
	FAULT_FILE_403,
	FAULT_FILE_404,
	FAULT_FILE_503,
	FAULT_FILE_507,
	FAULT_FILE_REDIRECT,
	FAULT_FILE_REDIRECT_FILE,
	FAULT_FILE_RESET,
	FAULT_FILE_STALL,
	FAULT_FILE_SLOW,
	FAULT_FILE_TRUNCATE,
	FAULT_FILE_SHORT,
	FAULT_FILE_WRONG,
	FAULT_FILE_GZIP,
	FAULT_COUNT
};

struct faults {
	double p[FAULT_COUNT];
	bool on[CALL_OTHER + 1], on_put, on_file;
	uint64_t state; /* of the random numbers */
};

/* Read "NAME=P[,NAME=P...]" into f. Return NULL, or what was expected (static). */
const char *fault_parse(struct faults *f, const char *text);

/* Read create, get, put or all. Return NULL, or what was expected (static). */
const char *fault_on(struct faults *f, const char *text);

/*
 * Seed the random numbers: the same seed gives the same faults for the same
 * calls in the same order.
 */
void fault_seed(struct faults *f, uint64_t seed);

/* Draw the fault of a body that is put: one from FAULT_PUT_423 on, or FAULT_NONE. */
enum fault fault_draw_put(struct faults *f);

/* Draw the fault of the completion of a multipart upload: one of the two, or FAULT_NONE. */
enum fault fault_draw_complete(struct faults *f);

/* Draw the fault of a download: one from FAULT_FILE_403 on, or FAULT_NONE. */
enum fault fault_draw_file(struct faults *f);

/* Draw the fault of a call. */
enum fault fault_draw(struct faults *f, enum call_kind kind);

/* A token bucket; all zero does not limit. */
struct rate {
	double per_second, burst; /* burst 0: one second's worth, at least 1 */
	bool date;                /* Retry-After as a date */
	long retry_after;         /* Retry-After to send, in seconds; -1: the real value */
	double tokens;
	int64_t last; /* clock_now() of the last call; 0 before the first */
};

/* Return 0 if a call may pass now, else the seconds (rounded up, at least 1) until one may. */
long rate_take(struct rate *r, int64_t now);

#endif
