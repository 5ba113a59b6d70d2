/* What the tests of the pace share: starts, and a service, on a clock that is made up. */
#ifndef TC_TEST_UNIT_PACE_H
#define TC_TEST_UNIT_PACE_H

#include "base/clock.h"
#include "flow/pace.h"
#include "flow/retry.h"
#include "test.h"

enum { STARTS_MAX = 20000 };

/* The next start of p from now on: time passes as far as it must. */
static inline int64_t
start(struct pace *p, int64_t now)
{
	for (int64_t at; (at = pace_next(p, now)) > now;)
		now = at;
	pace_start(p, now);
	return now;
}

/* The most starts in any window of that length. */
static inline size_t
most_within(const int64_t *at, size_t n, int64_t window)
{
	size_t most = 0;
	for (size_t first = 0, i = 0; i < n; i++) {
		while (at[i] - at[first] >= window)
			first++;
		if (i - first + 1 > most)
			most = i - first + 1;
	}
	return most;
}

/* A service's own bucket. */
struct service {
	double rate, burst, tokens;
	int64_t seen;
	unsigned taken, refused;
};

static inline bool
takes(struct service *s, int64_t now)
{
	s->tokens += s->rate * (double)(now - s->seen) / (double)SECOND;
	if (s->tokens > s->burst)
		s->tokens = s->burst;
	s->seen = now;
	if (s->tokens < 1) {
		s->refused++;
		return false;
	}
	s->tokens -= 1;
	s->taken++;
	return true;
}

#endif
