#include "flow/rate.h"

#include "base/clock.h"

/*
 * The search starts at this fraction of the rate accepted before the first
 * throttle, and grows by this factor each SEARCH_STEP.
 */
#define SEARCH_FROM 0.3
#define SEARCH_GROWTH 1.25
#define SEARCH_STEP (SECOND / 2)

/*
 * The growth of a learned rate in the n-th second after a rest, as a fraction;
 * its smallest and largest cut.
 */
#define GROWTH 0.035
enum { GROWTH_MOST = 6 };
#define CUT_LEAST 0.95
#define CUT_MOST 0.8

/*
 * The rest doubles with every second throttle, so that a long run is throttled
 * less and less often.
 */
#define REST SECOND
enum { REST_STEP = 2, REST_DOUBLES = 3 };

/* RateLimit counts whole seconds, rounded either way, and responses take time to arrive. */
#define WINDOW_MOVED (SECOND + SECOND / 10)

int64_t
rate_interval(const struct pace_state *s)
{
	return (int64_t)((double)SECOND / s->rate);
}

int64_t
rate_tolerance(const struct pace_state *s)
{
	return (int64_t)((s->burst - 1) * (double)SECOND / s->rate);
}

/* Move `regrown`, which begins at `from`, on by one step if that has passed. */
static bool
step(struct pace_state *s, int64_t now, int64_t from, int64_t length)
{
	if (now < from)
		return false;
	if (s->regrown < from)
		s->regrown = from;
	if (now - s->regrown < length)
		return false;
	s->regrown += length;
	return true;
}

static int64_t
growth_of(int64_t seconds)
{
	return seconds < GROWTH_MOST ? seconds : GROWTH_MOST;
}

void
rate_regrow(struct pace *p, int64_t now)
{
	struct pace_state *s = &p->s;
	if (!s->regrown)
		s->regrown = now;
	if (!s->last_throttle || s->rate <= 0)
		return;
	int64_t doubles = s->limit_found / REST_STEP < REST_DOUBLES ? s->limit_found / REST_STEP
								    : REST_DOUBLES;
	int64_t rested = s->blocked_until + (REST << doubles);
	double most = p->max_rate > 0 ? p->max_rate : 1e6;
	while (s->rate < most && step(s, now, s->searching ? s->blocked_until : rested,
				      s->searching ? SEARCH_STEP : SECOND)) {
		double unit = s->peak > s->rate ? s->peak : s->rate;
		if (s->searching)
			s->rate *= SEARCH_GROWTH;
		else
			s->rate +=
				unit * GROWTH * (double)growth_of((s->regrown - rested) / SECOND);
	}
	if (s->rate > most)
		s->rate = most;
}

/*
 * Learn from the first throttle, from the one that ends the search, or from one
 * that a smaller bucket or too much growth caused.
 */
static void
learn_rate(struct pace *p, int64_t now, int64_t pause)
{
	struct pace_state *s = &p->s;
	double accepted = (double)s->accepted, since = (double)(now - s->last_throttle);
	if (!s->last_throttle && (s->rate <= 0 || p->heard)) {
		s->rate = SEARCH_FROM * (accepted > 1 ? accepted : 1) * (double)SECOND /
			  (double)(now - s->regrown + pause);
		s->searching = 1;
	} else if (s->searching && accepted > 0) {
		s->peak = s->rate;
		s->rate = accepted * (double)SECOND / since * 0.99;
		s->searching = 0;
	} else if (s->searching) {
		/* nothing was accepted: one start per pause is slow enough */
		double least = (double)SECOND / (double)pause;
		if (s->rate > least)
			s->rate = s->rate / 2 > least ? s->rate / 2 : least;
	} else if (s->last_throttle && now - s->blocked_until < SECOND &&
		   accepted <= s->burst * 1.1 + 1) {
		/* the credit was more than it keeps */
		s->bucket = s->accepted > 2 ? s->accepted * 9 / 10 : 1;
	} else if (s->last_throttle && now - s->blocked_until >= SECOND) {
		/* what was refilled after the bucket was empty */
		double came =
			(accepted - s->burst) * (double)SECOND / (double)(now - s->blocked_until);
		double most = s->rate * CUT_LEAST, least = s->rate * CUT_MOST;
		s->rate = came > most ? most : came < least ? least : came;
		s->peak = (s->peak + s->rate) / 2;
		s->limit_found++;
	} else {
		s->rate *= CUT_LEAST;
	}
}

void
rate_learn(struct pace *p, int64_t now, int64_t pause)
{
	struct pace_state *s = &p->s;
	learn_rate(p, now, pause);
	/* the service's bucket is empty now, and fills during the pause; how fast is not known
	 * while searching */
	double credit = s->searching ? 1 : s->rate * (double)pause / (double)SECOND;
	if (s->bucket && credit > (double)s->bucket)
		credit = (double)s->bucket;
	if (p->max_burst > 0 && credit > p->max_burst)
		credit = p->max_burst;
	s->burst = credit > 1 ? credit : 1;
	s->arrival = now + rate_tolerance(s);
	s->last_throttle = s->regrown = now;
	s->accepted = 0;
}

bool
rate_window_slides(struct pace_state *s, int64_t now, int64_t end)
{
	if (now >= s->window_end)
		s->window_end = end;
	else if (end > s->window_end + WINDOW_MOVED)
		s->slides = 1;
	else if (end < s->window_end)
		s->window_end = end;
	return s->slides;
}

void
rate_drain(struct pace_state *s, int64_t now, int64_t remaining)
{
	int64_t arrival = now + rate_tolerance(s) - (remaining - 1) * rate_interval(s);
	if (s->rate > 0 && arrival > s->arrival)
		s->arrival = arrival;
}
