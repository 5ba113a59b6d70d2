/*
 * When to try again: what is transient, how long to wait. All pure: time and
 * chance come in as arguments.
 */
#ifndef TC_FLOW_RETRY_H
#define TC_FLOW_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* What an HTTP status says: it passes by itself; a request that got it did not reach the origin. */
enum { RETRY_TRANSIENT = 1, RETRY_UNREACHED = 2 };
unsigned retry_status(int status);

/* retry_status() has RETRY_TRANSIENT. */
bool retry_transient(int status);

/* A random number from 0 to 1 (1 excluded), seeded on first use. */
double retry_chance(void);

/* Full jitter: chance * min(cap, base * 2^n), n from 0. Brooker, "Exponential Backoff And Jitter", 2015. */
int64_t retry_backoff(unsigned n, int64_t base, int64_t cap, double chance);

/*
 * The wait before the next try, everywhere: max(own, asked) + chance *
 * min(asked / 5, 30 s). What a service asks for can lengthen our own backoff
 * and never replaces it: 0, a date that has passed and a value that was
 * rounded down leave it as it is. asked < 0: it did not say.
 */
int64_t retry_wait(int64_t own, int64_t asked, double chance);

/*
 * A Retry-After value (RFC 9110, 10.2.3) as a delay from now: seconds, or one
 * of the three HTTP dates (past: 0). server_now is the answer's own Date as
 * wall time, or 0: a date is held against the clock that wrote it. -1 if the
 * value is neither, or negative. Over ten years counts as ten.
 */
int64_t retry_after(struct span value, int64_t wall_now, int64_t server_now);

/* An HTTP date (IMF-fixdate, RFC 850, asctime) as wall time, -1 if it is none. */
int64_t retry_http_date(struct span value, int64_t wall_now);

#endif
