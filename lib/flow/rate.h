/*
 * What is known of the rate: GCRA's arithmetic, how a rate that nobody gave is
 * learnt, and what kind of window a service's RateLimit counts in.
 *
 * Without a given rate the first throttle leaves a low guess, which grows until
 * the next one. What was accepted between the two is the rate. From there on it
 * grows while nothing is refused, ever faster, and is cut when something is
 * (AIMD: Chiu and Jain, 1989). Growth is in parts of the rate at which the
 * search ended, which is much the same for all processes that share a limit
 * and do not know of each other: so those that learnt too little catch up.
 */
#ifndef TC_FLOW_RATE_H
#define TC_FLOW_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/pace.h"

/* Return how much of the time one start takes up at a known rate, and how much a burst may borrow;
 * microseconds. */
int64_t rate_interval(const struct pace_state *s);
int64_t rate_tolerance(const struct pace_state *s);

/* Note the first start, and let a learnt rate grow by the time that has passed, up to what was
 * given. */
void rate_regrow(struct pace *p, int64_t now);

/* Take what a new throttle, with this pause after it, tells of the service. */
void rate_learn(struct pace *p, int64_t now, int64_t pause);

/*
 * The service says that its window ends at `end`. Return whether it slides: then
 * the end moves on as requests are made, and starts come back one by one.
 */
bool rate_window_slides(struct pace_state *s, int64_t now, int64_t end);

/* The service says that its bucket holds no more than `remaining` starts: ours holds no more
 * either. */
void rate_drain(struct pace_state *s, int64_t now, int64_t remaining);

#endif
