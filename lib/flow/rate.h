/*
 * The rate: GCRA's arithmetic, how an unknown rate is learned, and what kind of window a service's
 * RateLimit counts in.
 *
 * Without a configured rate the first throttle leaves a low guess, which grows until the next one.
 * What was accepted between the two is the rate. From then on it grows, ever faster, while nothing
 * is refused, and is cut when something is (AIMD: Chiu and Jain, 1989). It grows by a fraction of
 * the rate at which the search ended, which is much the same for all processes that share a limit
 * without knowing of each other: so those that learned too low a rate catch up.
 */
#ifndef TC_FLOW_RATE_H
#define TC_FLOW_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/pace.h"

/*
 * Return the interval of starts at a known rate, and how much time a burst may
 * borrow; microseconds.
 */
int64_t rate_interval(const struct pace_state *s);
int64_t rate_tolerance(const struct pace_state *s);

/*
 * Note the first start, and let a learned rate grow by the time that has
 * passed, up to what was given.
 */
void rate_regrow(struct pace *p, int64_t now);

/* Learn from a new throttle and the pause after it. */
void rate_learn(struct pace *p, int64_t now, int64_t pause);

/*
 * Note that the service's window ends at `end`. Return whether the window
 * slides: then its end moves on as requests are made, and starts come back one
 * by one.
 */
bool rate_window_slides(struct pace_state *s, int64_t now, int64_t end);

/* Note that the service's bucket holds at most `remaining` starts, so that ours holds no more. */
void rate_drain(struct pace_state *s, int64_t now, int64_t remaining);

#endif
