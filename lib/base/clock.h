/* Time. All instants and durations are int64_t microseconds. */
#ifndef TC_BASE_CLOCK_H
#define TC_BASE_CLOCK_H

#include <stdint.h>

#include "base/buf.h"

#define MILLISECOND ((int64_t)1000)
#define SECOND ((int64_t)1000000)
#define NEVER INT64_MAX

/* Return monotonic time, for waiting. Not comparable between machines or boots. */
int64_t clock_now(void);

/* Return wall time since 1970, for people, files and services. */
int64_t clock_wall(void);

/*
 * Read a duration: 500ms, 2s, 1.5m, 1h; a bare number is seconds. Return NULL
 * with *out set (0 to 10 years), or what was expected (static).
 */
const char *clock_duration(const char *text, int64_t *out);

/*
 * Read a rate, N, N/s, N/m or N/h, as starts a second (over 0, at most a
 * million), and set *end to what follows it. Return NULL, or what was expected
 * (static).
 */
const char *clock_rate(const char *text, const char **end, double *rate);

/*
 * Return the timeout for poll(2) to wait until `due`: rounded up, so that a
 * wait never ends early; 0 if due has passed; at most an hour, in
 * milliseconds.
 */
int clock_poll_ms(int64_t now, int64_t due);

#endif
