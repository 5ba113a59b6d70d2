/*
 * When to try again: what is transient, and how long to wait. Pure functions:
 * time and chance are arguments.
 */
#ifndef TC_FLOW_RETRY_H
#define TC_FLOW_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* What an HTTP status says: the condition is transient; the request did not reach the origin. */
enum { RETRY_TRANSIENT = 1, RETRY_UNREACHED = 2 };
unsigned retry_status(int status);

/* Return true if retry_status() has RETRY_TRANSIENT. */
bool retry_transient(int status);

/* Return a random number from 0 to 1 (1 excluded), seeded on first use. */
double retry_chance(void);

/* Begin a sequence of such numbers that is the same each time, for tests; seed: not 0. */
void retry_seed(uint64_t seed);

/*
 * Return chance * min(cap, base * 2^n), n from 0: full jitter (Brooker,
 * "Exponential Backoff And Jitter", 2015).
 */
int64_t retry_backoff(unsigned n, int64_t base, int64_t cap, double chance);

/*
 * Return the wait before the next try: max(own, asked) + chance * min(asked /
 * 5, 30 s). What a service asks for can lengthen our own backoff but not
 * replace it: 0, a date in the past and a value that was rounded down leave it
 * as it is. asked < 0: it did not say.
 */
int64_t retry_wait(int64_t own, int64_t asked, double chance);

/*
 * Return a Retry-After value (RFC 9110, 10.2.3) as a delay from now: seconds,
 * or one of the three HTTP dates (in the past: 0). server_now is the
 * response's own Date as wall time, or 0: a date is compared with the clock
 * that wrote it. Return -1 if the value is neither, or negative. More than ten
 * years counts as ten.
 */
int64_t retry_after(struct span value, int64_t wall_now, int64_t server_now);

#endif
