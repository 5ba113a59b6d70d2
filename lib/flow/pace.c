#include "flow/pace.h"

#include <stdlib.h>

#include "base/clock.h"
#include "flow/ratefile.h"
#include "flow/retry.h"

/*
 * With two clocks and a network between, staying a little inside the limit
 * costs less than one 429.
 */
#define RATE_MARGIN 0.993

/* How a learnt rate grows each second after a rest, and how it is cut. */
#define GROWTH_FAR 1.2
#define GROWTH_NEAR 1.02
#define CUT_FAR 0.6
#define CUT_NEAR 0.9
enum { REST = 10 };

/*
 * What a pause grows to, in first pauses; and from how many slots on there is
 * no more slow start.
 */
enum { BACKOFF_GROWS = 60, SLOTS_ALL = 4096 };

void
pace_init(struct pace *p)
{
	*p = (struct pace){.fd = -1, .backoff = SECOND};
}

void
pace_set_rate(struct pace *p, double rate, double burst)
{
	if (burst < 1)
		burst = rate > 1 ? rate : 1;
	p->max_rate = p->s.rate = rate * RATE_MARGIN;
	p->max_burst = p->s.burst = burst * RATE_MARGIN > 1 ? burst * RATE_MARGIN : 1;
}

void
pace_hear(struct pace *p, int64_t now, double rate, double burst)
{
	ratefile_lock(p, now);
	if (p->s.rate <= 0)
		pace_set_rate(p, rate, burst);
	ratefile_unlock(p, now);
}

const char *
pace_parse(const char *text, double *rate, double *burst)
{
	static const char expected[] = "expected a rate such as 10, 100/s, 60/m or 100/s:200";
	const char *end;
	*burst = 0;
	if (clock_rate(text, &end, rate))
		return expected;
	if (*end == ':') {
		const char *b = end + 1;
		char *after = NULL;
		*burst = *b >= '0' && *b <= '9' ? strtod(b, &after) : -1;
		if (!(*burst >= 1 && *burst <= 1e6))
			return "expected a burst from 1 to 1000000";
		end = after;
	}
	return *end ? expected : NULL;
}

const char *
pace_share(struct pace *p, const char *path, int64_t now)
{
	return ratefile_open(p, path, now);
}

/* Return the time that one start takes up at the rate; return how much time may be borrowed. */
static int64_t
interval(const struct pace *p)
{
	return (int64_t)((double)SECOND / p->s.rate);
}

static int64_t
tolerance(const struct pace *p)
{
	return (int64_t)((p->s.burst - 1) * (double)SECOND / p->s.rate);
}

/*
 * Let a learnt rate grow while nothing is refused, up to the rate that was
 * given: fast until growth first reaches the limit, because the first estimate
 * can be far too low; then slowly, and after longer rests.
 */
static void
regrow(struct pace *p, int64_t now)
{
	struct pace_state *s = &p->s;
	int64_t rest = (s->limit_found > 2 ? REST << 2 : REST << s->limit_found) * SECOND;
	if (!s->last_throttle || s->rate <= 0 || now - s->last_throttle < rest || now - s->regrown < SECOND)
		return;
	s->regrown = now;
	s->rate *= s->limit_found ? GROWTH_NEAR : GROWTH_FAR;
	if (p->max_rate > 0 && s->rate > p->max_rate)
		s->rate = p->max_rate;
}

int64_t
pace_next(struct pace *p, int64_t now)
{
	if (!p->reserved) {
		ratefile_lock(p, now);
		struct pace_state *s = &p->s;
		regrow(p, now);
		p->reserved = now;
		if (s->rate > 0) {
			int64_t from = s->arrival > now ? s->arrival : now, at = from - tolerance(p);
			s->arrival = from + interval(p);
			p->reserved = at > now ? at : now;
		}
		ratefile_unlock(p, now);
	} else if (p->fd >= 0 && now - p->checked > 50 * MILLISECOND) {
		/* another process may have been throttled since */
		p->checked = now;
		ratefile_lock(p, now);
		ratefile_unlock(p, now);
	}
	int64_t at = p->reserved > p->s.blocked_until ? p->reserved : p->s.blocked_until;
	if (p->s.remaining <= 0 && at < p->s.reset_at)
		at = p->s.reset_at;
	return at;
}

void
pace_start(struct pace *p, int64_t now)
{
	p->reserved = 0;
	if (!p->s.reset_at)
		return;
	ratefile_lock(p, now);
	p->s.remaining -= p->s.remaining > 0;
	ratefile_unlock(p, now);
}

void
pace_set_remaining(struct pace *p, int64_t now, int64_t left, int64_t reset)
{
	/* responses overtake each other: until the reset the number can only shrink */
	ratefile_lock(p, now);
	if (now >= p->s.reset_at || left < p->s.remaining)
		p->s.remaining = left;
	p->s.reset_at = now + reset;
	ratefile_unlock(p, now);
}

void
pace_accepted(struct pace *p, int64_t now)
{
	p->slots = p->slots < SLOTS_ALL ? 2 * p->slots : 0;
	if (!p->s.last_throttle && p->fd < 0)
		return; /* never refused: there is nothing to learn */
	ratefile_lock(p, now);
	p->s.accepted++;
	p->s.pauses = 0;
	p->s.throttled_since = 0;
	ratefile_unlock(p, now);
}

/*
 * Learn from a new pause: the service's rate, the size of its bucket, or that
 * the rate has grown too far.
 */
static void
learn(struct pace *p, int64_t now, int64_t pause)
{
	struct pace_state *s = &p->s;
	if (s->rate <= 0) {
		/* what was accepted since the last pause is what it allows */
		if (s->last_throttle && now > s->last_throttle && s->accepted > 0)
			s->rate = (double)s->accepted * (double)SECOND / (double)(now - s->last_throttle) * 0.99;
	} else if (s->last_throttle && now - s->blocked_until < SECOND && (double)s->accepted <= s->burst * 1.1 + 1) {
		/* the credit was more than its bucket holds */
		s->bucket = s->accepted > 2 ? s->accepted * 9 / 10 : 1;
	} else if (s->regrown > s->last_throttle) {
		s->rate *= s->limit_found ? CUT_NEAR : CUT_FAR; /* grown too far */
		s->limit_found++;
	} else if (s->last_throttle && now - s->blocked_until >= SECOND) {
		/* what was accepted after the bucket was empty */
		double came = ((double)s->accepted - s->burst) * (double)SECOND / (double)(now - s->blocked_until);
		s->rate = came > s->rate * 0.98 ? s->rate * 0.98 : came < s->rate / 2 ? s->rate / 2 : came;
	} else {
		s->rate *= 0.98;
	}
	if (s->rate > 0) {
		double credit = s->rate * (double)pause / (double)SECOND;
		if (s->bucket && credit > (double)s->bucket)
			credit = (double)s->bucket;
		if (p->max_burst > 0 && credit > p->max_burst)
			credit = p->max_burst;
		s->burst = credit > 1 ? credit : 1;
		/* the bucket is empty now, and fills during the pause */
		s->arrival = now + tolerance(p);
	}
	s->last_throttle = s->regrown = now;
	s->accepted = 0;
}

static void
pause_starts(struct pace *p, int64_t now, int64_t asked, void (*hear)(struct pace *, int64_t now, int64_t pause))
{
	ratefile_lock(p, now);
	struct pace_state *s = &p->s;
	if (!s->throttled_since)
		s->throttled_since = now;
	if (now >= s->blocked_until) {
		/*
		 * at least half: enough requests must pass between two pauses
		 * to measure the rate
		 */
		int64_t own = retry_backoff((unsigned)(s->pauses < 16 ? s->pauses : 16), p->backoff,
					    pace_longest_backoff(p), 0.5 + retry_chance() / 2);
		int64_t pause = retry_wait(own, asked, retry_chance());
		if (hear)
			hear(p, now, pause);
		s->pauses++;
		s->blocked_until = now + pause;
		p->paused = now;
		p->reserved = 0;
		p->slots = 1;
	} else if (asked >= 0 && now + asked > s->blocked_until) {
		s->blocked_until = now + asked;
	}
	ratefile_unlock(p, now);
}

void
pace_throttled(struct pace *p, int64_t now, int64_t asked)
{
	pause_starts(p, now, asked, learn);
}

void
pace_unavailable(struct pace *p, int64_t now, int64_t asked)
{
	pause_starts(p, now, asked, NULL);
}

bool
pace_news(const struct pace *p, int64_t began)
{
	return began > p->paused;
}

int64_t
pace_longest_backoff(const struct pace *p)
{
	return p->backoff * BACKOFF_GROWS;
}

size_t
pace_slots(const struct pace *p, size_t jobs)
{
	return p->slots && p->slots < jobs ? p->slots : jobs;
}

int64_t
pace_throttled_for(struct pace *p, int64_t now)
{
	return p->s.throttled_since ? now - p->s.throttled_since : 0;
}

void
pace_free(struct pace *p)
{
	ratefile_close(p);
}
