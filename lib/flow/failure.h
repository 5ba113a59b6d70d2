/* Why an item failed: the error member of its record, tc-record(5). */
#ifndef TC_FLOW_FAILURE_H
#define TC_FLOW_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "flow/outcome.h"

/* Longest text from a service, in bytes: in a record, and where it should be short. */
enum { FAILURE_MAX = 64 << 10, FAILURE_SAID = 1 << 10 };

/* Why an item failed. All zero is "no failure". */
struct failure {
	const char *code; /* one of the list in tc-record(5), static */
	struct buf message;
	int http;            /* status, 0: none */
	bool temporary;      /* trying again later can help */
	int64_t retry_after; /* microseconds; 0: unknown */
	struct buf reason;   /* the service's own code, if it gave one */
};

/* Set code and message (printf style), replacing what was there. */
void failure_set(struct failure *e, const char *code, bool temporary, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void failure_free(struct failure *e);

/* Copy from to to, replacing what was there. */
void failure_copy(struct failure *to, const struct failure *from);

/* Append the error object. */
void failure_json(struct buf *out, const struct failure *e);

/* Return how a failed item counts. */
enum outcome failure_outcome(const struct failure *e);

#endif
