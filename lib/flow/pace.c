#include "flow/pace.h"

#include <stdlib.h>

#include "base/clock.h"
#include "flow/rate.h"
#include "flow/ratefile.h"
#include "flow/retry.h"

/*
 * With two clocks and a network between, staying a little inside the limit
 * costs less than one 429.
 */
#define RATE_MARGIN 0.993

/* So many starts of other processes may come before ours; a longer wait is a pause. */
enum { QUEUE_MOST = 1000 };

/* The longest pause, in first pauses; the number of slots after one that counts as all. */
enum { BACKOFF_GROWS = 60, SLOTS_ALL = 4096 };

void
pace_init(struct pace *p)
{
	*p = (struct pace){.fd = -1, .backoff = SECOND, .cmd = {.pid = -1, .in = -1, .out = -1}};
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
pace_ramp(struct pace *p, size_t slots, unsigned accepted)
{
	p->ramp_slots = p->slots = slots;
	p->ramp_left = accepted;
}

/* Send each limit once. */
static void
tell_rate(struct pace *p, double rate, double burst)
{
	bool same = p->told_rate >= rate && p->told_rate <= rate && p->told_burst >= burst &&
		    p->told_burst <= burst;
	if (!same)
		ratecmd_limit(&p->cmd, rate, burst, -1, -1);
	p->told_rate = rate;
	p->told_burst = burst;
}

const char *
pace_command(struct pace *p, const char *command)
{
	const char *why = ratecmd_start(&p->cmd, command);
	p->has_cmd = !why;
	if (p->has_cmd && p->max_rate > 0)
		tell_rate(p, p->max_rate / RATE_MARGIN, p->max_burst / RATE_MARGIN);
	/* it replaces our own rate and ramp */
	p->s.rate = 0;
	p->slots = p->ramp_left = 0;
	return why;
}

const char *
pace_problem(struct pace *p, int64_t now)
{
	return p->has_cmd ? ratecmd_problem(&p->cmd, now) : NULL;
}

bool
pace_cmd_pauses(const struct pace *p, int64_t now, int64_t at)
{
	double queue = p->told_rate > 0 ? QUEUE_MOST / p->told_rate : 0;
	return p->has_cmd && p->cmd.granted.n && at - now > 10 * SECOND &&
	       (double)(at - now) > queue * (double)SECOND;
}

void
pace_hear(struct pace *p, int64_t now, double rate, double burst)
{
	if (p->has_cmd) {
		tell_rate(p, rate, burst);
		return;
	}
	ratefile_lock(p, now);
	if (p->s.rate <= 0) {
		pace_set_rate(p, rate, burst);
		p->heard = true;
	}
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

int64_t
pace_next(struct pace *p, int64_t now)
{
	if (p->has_cmd) {
		int64_t at = ratecmd_next(&p->cmd, now, p->wanted);
		return at > p->s.blocked_until ? at : p->s.blocked_until;
	}
	if (!p->reserved) {
		ratefile_lock(p, now);
		struct pace_state *s = &p->s;
		rate_regrow(p, now);
		p->reserved = now;
		if (s->rate > 0) {
			int64_t from = s->arrival > now ? s->arrival : now,
				at = from - rate_tolerance(s);
			s->arrival = from + rate_interval(s);
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
	if (p->has_cmd)
		ratecmd_use(&p->cmd);
	if (!p->s.reset_at)
		return;
	ratefile_lock(p, now);
	p->s.remaining -= p->s.remaining > 0;
	ratefile_unlock(p, now);
}

/*
 * In a sliding window, a service with no start left has one again after an
 * interval; in a fixed one, not before the window ends.
 */
void
pace_set_remaining(struct pace *p, int64_t now, int64_t began, int64_t left, int64_t reset)
{
	struct pace_state *s = &p->s;
	if (p->has_cmd) {
		/* a window that slides has starts again before it ends */
		ratecmd_limit(&p->cmd, -1, -1, left,
			      rate_window_slides(s, now, now + reset) ? -1 : reset);
		return;
	}
	ratefile_lock(p, now);
	bool slides = rate_window_slides(s, now, now + reset);
	if (left > s->most_remaining)
		s->most_remaining = left;
	/* responses overtake each other: one to a request sent before the last update can only
	 * lower the number */
	if (began > s->remaining_at || now >= s->reset_at || left < s->remaining) {
		s->remaining = left;
		s->remaining_at = now;
	}
	s->reset_at = now + reset;
	if (slides && s->rate > 0) {
		rate_drain(s, now, left);
		s->reset_at = 0;
	} else if (slides) {
		s->reset_at = now + reset / (s->most_remaining > 0 ? s->most_remaining : 1);
	}
	ratefile_unlock(p, now);
}

/*
 * Double the slots with each accepted start; while the ramp lasts and nothing
 * was throttled, up to its own number only. All that is in flight when a limit
 * is overrun is refused.
 */
static void
more_slots(struct pace *p)
{
	size_t slots = 2 * p->slots;
	p->ramp_left -= p->ramp_left > 0;
	if (p->ramp_left && !p->s.last_throttle && slots > p->ramp_slots)
		slots = p->ramp_slots;
	p->slots = slots < SLOTS_ALL ? slots : 0;
}

void
pace_accepted(struct pace *p, int64_t now)
{
	more_slots(p);
	ratefile_lock(p, now);
	p->s.accepted++;
	p->s.pauses = 0;
	p->s.throttled_since = 0;
	ratefile_unlock(p, now);
}

static void
pause_starts(struct pace *p, int64_t now, int64_t asked, bool throttled)
{
	ratefile_lock(p, now);
	struct pace_state *s = &p->s;
	int64_t until = s->blocked_until;
	if (!s->throttled_since)
		s->throttled_since = now;
	s->slides = s->window_end = 0; /* it was assumed to have starts again */
	if (now >= s->blocked_until) {
		/*
		 * at least half: enough requests must pass between two pauses
		 * to measure the rate
		 */
		int64_t own = retry_backoff((unsigned)(s->pauses < 16 ? s->pauses : 16), p->backoff,
					    pace_longest_backoff(p), 0.5 + retry_chance() / 2);
		int64_t pause = retry_wait(own, asked, retry_chance());
		if (throttled && !p->has_cmd)
			rate_learn(p, now, pause);
		else if (throttled)
			s->last_throttle = now;
		s->pauses++;
		s->blocked_until = now + pause;
		p->paused = now;
		p->reserved = 0;
		p->slots = 1;
	} else if (asked >= 0 && now + asked > s->blocked_until) {
		s->blocked_until = now + asked;
	}
	ratefile_unlock(p, now);
	if (p->has_cmd && s->blocked_until > until) {
		if (throttled)
			ratecmd_throttled(&p->cmd, s->blocked_until - now);
		else
			ratecmd_limit(&p->cmd, -1, -1, 0, s->blocked_until - now);
	}
}

void
pace_throttled(struct pace *p, int64_t now, int64_t asked)
{
	pause_starts(p, now, asked, true);
}

void
pace_unavailable(struct pace *p, int64_t now, int64_t asked)
{
	pause_starts(p, now, asked, false);
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
	if (p->has_cmd)
		ratecmd_close(&p->cmd);
	p->has_cmd = false;
}
