/* The pace against a service with a token bucket, both on a clock that is made up. */
#include <stdlib.h>

#include "pace.h"

static void
test_told(void)
{
	static int64_t at[STARTS_MAX];
	struct pace p;
	int64_t now = 50 * SECOND;
	pace_init(&p);
	pace_set_rate(&p, 100, 200);
	for (size_t i = 0; i < 1000; i++)
		at[i] = now = start(&p, now);
	ok(most_within(at, 1000, SECOND) <= 301,
	   "told 100/s:200, no second has more than 300 starts and one");
	ok(most_within(at + 300, 700, SECOND) <= 101,
	   "told 100/s:200, nor more than 100 and one once the burst is spent");
	ok(at[999] - at[0] >= 8000 * MILLISECOND && at[999] - at[0] <= 8150 * MILLISECOND,
	   "told 100/s:200, 1000 starts take 8 s and little more");
	now = start(&p, now + 100 * SECOND);
	for (size_t i = 0; i < 199; i++)
		at[i] = start(&p, now);
	ok(at[196] == now && at[197] > now,
	   "told 100/s:200, idle time is worth just under 200 starts");
	pace_free(&p);
}

static void
test_untold(void)
{
	struct pace p;
	int64_t now = SECOND;
	pace_init(&p);
	for (int i = 0; i < 10000; i++)
		now = start(&p, now);
	same_number(now, SECOND, "not told: nothing waits");
	pace_throttled(&p, now, 2 * SECOND);
	int64_t next = pace_next(&p, now);
	ok(next >= now + 2 * SECOND && next <= now + 2400 * MILLISECOND,
	   "a 429 stops everything for as long as it asks, and a fifth at most");
	pace_throttled(&p, now + SECOND, 5 * SECOND);
	ok(pace_next(&p, now + SECOND) >= now + 6 * SECOND,
	   "a later 429 that asks for more gets it");
	ok(pace_throttled_for(&p, now + 3 * SECOND) == 3 * SECOND, "refused since the first 429");
	pace_accepted(&p, now + 7 * SECOND);
	ok(pace_throttled_for(&p, now + 8 * SECOND) == 0, "until something is accepted");
	pace_free(&p);
}

/* A service that refuses everything and names no wait, or one that is too short: a handful of
 * requests a minute. */
static void
test_refuses_all(void)
{
	static const int64_t asked[] = {-1, 0, 1, 10 * MILLISECOND};
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		struct pace p;
		int64_t now = SECOND;
		unsigned n = 0;
		pace_init(&p);
		for (; now < 61 * SECOND; n++) {
			now = start(&p, now);
			pace_throttled(&p, now += MILLISECOND, asked[i]);
		}
		ok(n >= 5 && n <= 8, "all is refused, %lld us asked for: %u requests in a minute",
		   (long long)asked[i], n);
		ok(pace_throttled_for(&p, now) >= 59 * SECOND, "and for how long is known");
		pace_free(&p);
	}
}

/* Requests one after the other, a millisecond each, until the time is over. */
static int64_t
ask_until(struct pace *p, struct service *s, int64_t now, int64_t end)
{
	while (now < end) {
		now = start(p, now);
		if (takes(s, now))
			pace_accepted(p, now);
		else
			pace_throttled(p, now, SECOND);
		now += MILLISECOND;
	}
	return now;
}

static void
test_learns(void)
{
	struct pace p;
	struct service s = {.rate = 50, .burst = 100, .tokens = 100};
	pace_init(&p);
	int64_t now = SECOND;
	unsigned near = 0;
	for (int i = 0; i < 120; i++) {
		now = ask_until(&p, &s, now, (i + 2) * SECOND);
		near += i >= 60 && p.s.rate > 40 && p.s.rate < 60;
	}
	ok(s.refused <= 40, "not told 50/s: few answers 429 in two minutes (%u)", s.refused);
	ok(s.taken >= 5200, "not told 50/s: at least 85 %% of what can be had (%u of 6100)",
	   s.taken);
	ok(near >= 40,
	   "not told 50/s: it learns about that, and keeps near it while it looks for more (%u of "
	   "60 s)",
	   near);
	s.rate = 100;
	s.taken = s.refused = 0;
	now = ask_until(&p, &s, now, now + 240 * SECOND);
	ok(s.taken >= 18000, "a limit that was doubled is found within minutes (%u of 24000)",
	   s.taken);
	pace_free(&p);
}

/* A bucket smaller than what a pause brings hides the rate: it is found from below. */
static void
test_learns_small_bucket(void)
{
	struct pace p;
	struct service s = {.rate = 50, .burst = 20, .tokens = 20};
	pace_init(&p);
	int64_t now = ask_until(&p, &s, SECOND, 121 * SECOND);
	ok(s.refused <= 40, "a small bucket: few answers 429 in two minutes (%u)", s.refused);
	ok(s.taken >= 4200, "a small bucket: most of what can be had (%u of 6020)", s.taken);
	s.taken = s.refused = 0;
	ask_until(&p, &s, now, now + 600 * SECOND);
	ok(s.taken >= 24000 && s.refused <= 100,
	   "a small bucket: it goes on well (%u of 30000, %u refused)", s.taken, s.refused);
	pace_free(&p);
}

static void
test_told_and_refused(void)
{
	struct pace p;
	struct service s = {.rate = 20, .burst = 20, .tokens = 20};
	pace_init(&p);
	pace_set_rate(&p, 40, 40);
	ask_until(&p, &s, SECOND, 121 * SECOND);
	ok(s.refused <= 90, "told twice what is true: few answers 429 (%u)", s.refused);
	ok(s.taken >= 2000, "told twice what is true: and most of what can be had (%u of 2420)",
	   s.taken);
	ok(p.s.rate <= 40, "never faster than told");
	pace_free(&p);
}

/* A service that refuses everything for long says nothing of its rate: once it accepts again,
 * starts are not further apart than its last pause was. */
static void
test_refused_for_long(void)
{
	struct pace p;
	int64_t now = 100 * SECOND;
	pace_init(&p);
	for (int i = 0; i < 12; i++) {
		while (pace_next(&p, now) > now)
			now = pace_next(&p, now);
		pace_start(&p, now);
		pace_throttled(&p, now, -1);
	}
	double pause = (double)(p.s.blocked_until - now) / (double)SECOND;
	ok(p.s.rate * pause >= 0.5, "refused for long: %g a second after a pause of %g s", p.s.rate,
	   pause);
	pace_free(&p);
}

int
main(void)
{
	retry_seed(0x9e3779b97f4a7c15);
	test_told();
	test_untold();
	test_refuses_all();
	test_learns();
	test_learns_small_bucket();
	test_told_and_refused();
	test_refused_for_long();
	return done_testing();
}
