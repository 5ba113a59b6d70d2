/* The pace against a service with a token bucket, both on a clock that is made up. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "pace.h"
#include "test.h"

enum { STARTS_MAX = 20000 };

/* The next start of p from now on: time passes as far as it must. */
static int64_t
start(struct pace *p, int64_t now)
{
	for (int64_t at; (at = pace_next(p, now)) > now;)
		now = at;
	pace_start(p);
	return now;
}

/* The most starts in any window of that length. */
static size_t
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

static void
test_told(void)
{
	static int64_t at[STARTS_MAX];
	struct pace p;
	int64_t now = 50 * SECOND;
	pace_init(&p);
	pace_tell(&p, 100, 200);
	for (size_t i = 0; i < 1000; i++)
		at[i] = now = start(&p, now);
	ok(most_within(at, 1000, SECOND) <= 301, "told 100/s:200, no second has more than 300 starts and one");
	ok(most_within(at + 300, 700, SECOND) <= 101, "told 100/s:200, nor more than 100 and one once the burst is spent");
	ok(at[999] - at[0] >= 8000 * MILLISECOND && at[999] - at[0] <= 8150 * MILLISECOND, "told 100/s:200, 1000 starts take 8 s and little more");
	now = start(&p, now + 100 * SECOND);
	for (size_t i = 0; i < 199; i++)
		at[i] = start(&p, now);
	ok(at[196] == now && at[197] > now, "told 100/s:200, idle time is worth just under 200 starts");
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
	ok(next >= now + 2 * SECOND && next <= now + 2400 * MILLISECOND, "a 429 stops everything for as long as it asks, and a fifth at most");
	pace_throttled(&p, now + SECOND, 5 * SECOND);
	ok(pace_next(&p, now + SECOND) >= now + 6 * SECOND, "a later 429 that asks for more gets it");
	ok(pace_refused_for(&p, now + 3 * SECOND) == 3 * SECOND, "refused since the first 429");
	pace_accepted(&p, now + 7 * SECOND);
	ok(pace_refused_for(&p, now + 8 * SECOND) == 0, "until something is accepted");
	pace_free(&p);
}

/* A service that refuses everything and names no wait, or one that is too short: a handful of requests a minute. */
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
		ok(n >= 5 && n <= 8, "all is refused, %lld us asked for: %u requests in a minute", (long long)asked[i], n);
		ok(pace_refused_for(&p, now) >= 59 * SECOND, "and for how long is known");
		pace_free(&p);
	}
}

/* A service's own bucket. */
struct service {
	double rate, burst, tokens;
	int64_t seen;
	unsigned taken, refused;
};

static bool
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
	int64_t now = ask_until(&p, &s, SECOND, 121 * SECOND);
	ok(s.refused <= 40, "not told 50/s: few answers 429 in two minutes (%u)", s.refused);
	ok(s.taken >= 5200, "not told 50/s: at least 85 %% of what can be had (%u of 6100)", s.taken);
	ok(p.s.rate > 40 && p.s.rate < 60, "not told 50/s: it learns about that (%.1f)", p.s.rate);
	s.rate = 100;
	s.taken = s.refused = 0;
	now = ask_until(&p, &s, now, now + 240 * SECOND);
	ok(s.taken >= 18000, "a limit that was doubled is found within minutes (%u of 24000)", s.taken);
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
	ok(s.taken >= 24000 && s.refused <= 100, "a small bucket: it goes on well (%u of 30000, %u refused)", s.taken, s.refused);
	pace_free(&p);
}

static void
test_told_and_refused(void)
{
	struct pace p;
	struct service s = {.rate = 20, .burst = 20, .tokens = 20};
	pace_init(&p);
	pace_tell(&p, 40, 40);
	ask_until(&p, &s, SECOND, 121 * SECOND);
	ok(s.refused <= 90, "told twice what is true: few answers 429 (%u)", s.refused);
	ok(s.taken >= 2000, "told twice what is true: and most of what can be had (%u of 2420)", s.taken);
	ok(p.s.rate <= 40, "never faster than told");
	pace_free(&p);
}

static void
test_shared(const char *path)
{
	static int64_t at[STARTS_MAX];
	struct pace a, b, c;
	struct stat st;
	int64_t now = 1000 * SECOND;
	pace_init(&a);
	pace_init(&b);
	pace_tell(&a, 100, 10);
	pace_tell(&b, 100, 10);
	ok(!pace_share(&a, path) && !pace_share(&b, path), "rate file: made and shared");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "rate file: for its owner alone");
	/* two processes that each start whenever they may */
	struct pace *who[2] = {&a, &b};
	size_t n = 0, by[2] = {0};
	while (n < 1000) {
		int64_t next[2] = {pace_next(&a, now), pace_next(&b, now)};
		int first = next[1] < next[0];
		now = next[first] > now ? next[first] : now;
		pace_start(who[first]);
		by[first]++;
		at[n++] = now;
	}
	ok(most_within(at, 1000, SECOND) <= 112, "rate file: two keep one rate");
	ok(now - at[0] >= 9800 * MILLISECOND && now - at[0] <= 10000 * MILLISECOND, "rate file: and use it up");
	ok(by[0] > 300 && by[1] > 300, "rate file: neither starves");
	/* the service says how many more it takes: that is for both together */
	now += 2 * SECOND;
	pace_allowance(&a, now, 3, 10 * SECOND);
	for (int i = 0; i < 3; i++) {
		ok(pace_next(who[i % 2], now) <= now, "rate file: what the service has left is for all (%d)", i);
		pace_start(who[i % 2]);
	}
	ok(pace_next(&a, now) == now + 10 * SECOND && pace_next(&b, now + SECOND) == now + 10 * SECOND,
	   "rate file: and used up for all");
	now += 10 * SECOND;
	pace_throttled(&a, now, 60 * SECOND);
	ok(pace_next(&b, now + SECOND) >= now + 60 * SECOND, "rate file: the pause of one is the pause of all");
	pace_free(&a);
	pace_free(&b);
	pace_init(&c);
	pace_tell(&c, 100, 10);
	ok(!pace_share(&c, path) && pace_next(&c, now + 2 * SECOND) >= now + 60 * SECOND, "rate file: and outlives them");
	pace_free(&c);
}

static void
test_no_rate_file(const char *path)
{
	struct pace p;
	FILE *f = fopen(path, "w");
	ok(f && fputs("{\"precious\":true}\n", f) >= 0 && fclose(f) == 0, "another file");
	pace_init(&p);
	ok(pace_share(&p, path) != NULL, "rate file: a file that is none is refused");
	struct buf b = {0};
	ok(buf_read_file(&b, path, 100) == 0 && span_is(buf_all(&b), "{\"precious\":true}\n"), "rate file: and not touched");
	buf_free(&b);
	pace_free(&p);
	pace_init(&p);
	ok(pace_share(&p, "/nonexistent/rate") != NULL, "rate file: a place that is not there");
	pace_free(&p);
}

int
main(void)
{
	char path[] = "/tmp/tc-test-rate-XXXXXX";
	test_told();
	test_untold();
	test_refuses_all();
	test_learns();
	test_learns_small_bucket();
	test_told_and_refused();
	int fd = mkstemp(path);
	ok(fd >= 0 && close(fd) == 0 && unlink(path) == 0, "a name for a file");
	test_shared(path);
	test_no_rate_file(path);
	unlink(path);
	return done_testing();
}
