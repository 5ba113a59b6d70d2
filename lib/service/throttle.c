#include "service/throttle.h"

#include "base/clock.h"
#include "base/msg.h"
#include "flow/retry.h"
#include "http/ratelimit_header.h"
#include "service/response.h"

int64_t
throttle_asked(const struct service *s, const struct http_response *r)
{
	int64_t now = clock_wall();
	if (s->profile->delay_header) {
		struct span v = http_header(r, s->profile->delay_header);
		int64_t d = v.n ? retry_after(v, now, now + s->clock_skew) : -1;
		if (d >= 0)
			return s->profile->delay_unit ? d / SECOND * s->profile->delay_unit : d;
	}
	return retry_after(http_header(r, "Retry-After"), now,
			   s->clock_skew ? now + s->clock_skew : 0);
}

/*
 * RateLimit may not count requests that are under way, so they are subtracted.
 * Retry-After takes precedence over both headers, and a configured rate over
 * RateLimit-Policy.
 */
void
throttle_note_limits(struct service *s, const struct http_response *r)
{
	int64_t left, reset, under_way = (int64_t)s->flow.counts.running - 1;
	double rate, burst;
	if (http_header(r, "Retry-After").n)
		return;
	if (ratelimit_left(http_header(r, "RateLimit"), &left, &reset))
		pace_set_remaining(&s->pace, clock_now(), r->began,
				   left > under_way ? left - under_way : 0, reset);
	if (s->pace.s.rate <= 0 &&
	    ratelimit_policy(http_header(r, "RateLimit-Policy"), &rate, &burst)) {
		pace_hear(&s->pace, clock_now(), rate, burst);
		s->rate_heard = true;
	}
}

const char *
throttle_pause(struct service *s, const struct http_response *r, int64_t asked, bool throttled)
{
	struct pace *p = &s->pace;
	int64_t now = clock_now();
	if (pace_news(p, r->began) || now < p->s.blocked_until)
		(throttled ? pace_throttled : pace_unavailable)(p, now, asked);
	int64_t left = p->s.blocked_until > now ? p->s.blocked_until - now : 0;
	if (asked > s->options.max_wait)
		return "the service asks for a wait longer than --max-wait: run again later";
	/* the jitter that is added to the service's delay does not count */
	if (pace_throttled_for(p, now) + (asked > 0 && asked < left ? asked : left) >
	    s->options.max_throttle)
		return "everything was throttled for longer than --max-throttle: run again later";
	if (s->ledger && left)
		ledger_pause(s->ledger, left);
	return NULL;
}

/* Stop the run: the wait is too long, as it would be if Retry-After asked for it. */
static void
too_long(struct service *s, int64_t wait, const char *what)
{
	struct failure e = {0};
	failure_set(&e, "throttled", true, "%s, the next request after %lld s", what,
		    (long long)(wait / SECOND));
	response_stop_run(s, EXIT_TRY_AGAIN, &e, "longer than --max-wait, run again later");
	failure_free(&e);
}

static void
warn_once(bool *warned, int64_t wait, const char *what)
{
	if (!*warned && wait > SECOND)
		msg_warn("%s, the next request after %lld s", what,
			 (long long)((wait + SECOND - 1) / SECOND));
	*warned = *warned || wait > SECOND;
}

void
throttle_held(struct flow *f, int64_t at)
{
	struct service *s = f->tool;
	const struct pace_state *p = &s->pace.s;
	int64_t now = clock_now(), wait = at - now, most = s->options.max_wait;
	bool by_left = p->remaining <= 0 && p->reset_at >= at, by_pause = p->blocked_until >= at,
	     by_cmd = pace_cmd_pauses(&s->pace, now, at);
	const char *what = by_left    ? "the service allows no more requests for now (RateLimit)"
			   : by_pause ? "another run with this rate file was throttled"
			   : by_cmd   ? "the program of --rate-cmd pauses all runs"
			   : s->rate_heard ? "the service allows few requests (RateLimit-Policy)"
					   : "the learned rate is low";
	if (by_pause) /* our own pauses were checked when they began; jitter and backoff are added
			 to them */
		most = retry_wait(pace_longest_backoff(&s->pace), most, 1);
	if (!by_left && !by_pause && !by_cmd && s->rate_given)
		return; /* as slow as configured */
	if (wait > most)
		too_long(s, wait, what);
	else if (by_left)
		warn_once(&s->remaining_warned, wait, what);
	else if (!by_pause)
		warn_once(&s->rate_warned, wait, what);
}
