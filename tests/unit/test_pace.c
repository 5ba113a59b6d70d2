/* The pace against a service with a token bucket, both on a clock that is made up. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "flow/pace.h"
#include "flow/retry.h"
#include "test.h"

enum { STARTS_MAX = 20000 };

/* The next start of p from now on: time passes as far as it must. */
static int64_t
start(struct pace *p, int64_t now)
{
	for (int64_t at; (at = pace_next(p, now)) > now;)
		now = at;
	pace_start(p, now);
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

/* So many processes that do not know of each other, 2,000 requests of 20 to 60 ms in all, at a
 * service with 100/s:200. */
struct crowd {
	size_t processes, slots;
	bool alone;  /* each takes itself for the only one */
	bool fields; /* the service says RateLimit and RateLimit-Policy */
	struct service service;
	struct member {
		struct pace p;
		size_t left, running;
		int64_t ended;
	} m[16];
	struct flight {
		int64_t began, arrives, answered; /* began 0: none */
		struct member *of;
		bool arrived, taken;
		int64_t remaining, reset;
	} f[16 * 20];
};

static void
crowd_answer(struct crowd *c, struct flight *f, int64_t now)
{
	struct member *m = f->of;
	int64_t others = (int64_t)--m->running;
	f->began = 0;
	if (c->fields && f->taken) {
		pace_set_remaining(&m->p, now, f->arrives,
				   f->remaining > others ? f->remaining - others : 0, f->reset);
		if (m->p.s.rate <= 0)
			pace_hear(&m->p, now, c->service.rate, c->service.burst);
	}
	if (!f->taken) {
		m->left++;
		pace_throttled(&m->p, now, SECOND);
	} else if (pace_news(&m->p, f->arrives)) {
		pace_accepted(&m->p, now);
	}
	m->ended = m->left + m->running ? 0 : now;
}

static void
crowd_start(struct crowd *c, struct member *m, int64_t now)
{
	for (size_t i = 0;
	     i < c->processes * 20 && m->left && m->running < pace_slots(&m->p, c->slots); i++) {
		struct flight *f = &c->f[i];
		if (f->began)
			continue;
		if (pace_next(&m->p, now) > now)
			return;
		pace_start(&m->p, now);
		int64_t takes = 20 * MILLISECOND + (int64_t)(retry_chance() * 40 * MILLISECOND);
		*f = (struct flight){
			.began = now, .arrives = now + takes / 2, .answered = now + takes, .of = m};
		m->left--;
		m->running++;
	}
}

/* Return when the last is done. */
static int64_t
crowd_run(struct crowd *c)
{
	int64_t now = SECOND, last = 0;
	c->service = (struct service){.rate = 100, .burst = 200, .tokens = 200, .seen = now};
	for (size_t i = 0; i < c->processes; i++) {
		struct member *m = &c->m[i];
		*m = (struct member){.left = 2000 / c->processes};
		pace_init(&m->p);
		pace_ramp(&m->p, 4, c->alone ? 1 : 32);
	}
	for (size_t ended = 0; ended < c->processes && now < 300 * SECOND; now += MILLISECOND / 2) {
		for (size_t i = 0; i < c->processes * 20; i++) {
			struct flight *f = &c->f[i];
			if (f->began && !f->arrived && f->arrives <= now) {
				f->arrived = true;
				f->taken = takes(&c->service, now);
				f->remaining = (int64_t)c->service.tokens;
				f->reset = ((int64_t)((c->service.burst - c->service.tokens) /
						      c->service.rate) +
					    1) *
					   SECOND;
			}
			if (f->began && f->answered <= now)
				crowd_answer(c, f, now);
		}
		ended = 0;
		for (size_t i = 0; i < c->processes; i++) {
			crowd_start(c, &c->m[i], now);
			ended += c->m[i].ended != 0;
			last = c->m[i].ended > last ? c->m[i].ended : last;
		}
	}
	return last - SECOND;
}

/* Of five runs the one in the middle, by its time and by what was refused: chance has a part in
 * each. */
static void
crowd_median(const struct crowd *given, double *seconds, unsigned *refused)
{
	static struct crowd c;
	double took[5];
	unsigned times[5];
	for (int i = 0; i < 5; i++) {
		c = *given;
		double t = (double)crowd_run(&c) / (double)SECOND;
		int at = i;
		for (; at > 0 && took[at - 1] > t; at--)
			took[at] = took[at - 1];
		took[at] = t;
		for (at = i; at > 0 && times[at - 1] > c.service.refused; at--)
			times[at] = times[at - 1];
		times[at] = c.service.refused;
		ok(c.alone || c.service.refused <= 200, "%zu processes, not told: %u refused",
		   c.processes, c.service.refused);
	}
	*seconds = took[2];
	*refused = times[2];
}

static void
test_crowd(void)
{
	static struct crowd c;
	double seconds;
	unsigned refused;
	c = (struct crowd){.processes = 1, .slots = 20, .alone = true, .fields = true};
	seconds = (double)crowd_run(&c) / (double)SECOND;
	ok(seconds <= 18 * 1.05 && !c.service.refused,
	   "one process, RateLimit: no wait for a window that slides (%.1f of 18.0 s)", seconds);
	c = (struct crowd){.processes = 1, .slots = 20, .alone = true};
	crowd_median(&c, &seconds, &refused);
	ok(seconds <= 18 * 1.2 && refused <= 80,
	   "one process, not told (%.1f of 18.0 s, %u refused)", seconds, refused);
	for (size_t n = 4; n <= 16; n *= 2) {
		c = (struct crowd){.processes = n, .slots = 20};
		crowd_median(&c, &seconds, &refused);
		ok(seconds <= 18 * 1.4, "%zu processes, not told: %.1f of 18.0 s", n, seconds);
	}
	/* all that is in flight is refused once, and the first bursts after the pause */
	c = (struct crowd){.processes = 16, .slots = 20, .alone = true};
	crowd_median(&c, &seconds, &refused);
	ok(seconds <= 18 * 1.5 && refused <= 16 * 20 + 100,
	   "16 processes, each as if it were alone: %.1f of 18.0 s, %u refused", seconds, refused);
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
	pace_set_rate(&a, 100, 10);
	pace_set_rate(&b, 100, 10);
	ok(!pace_share(&a, path, now) && !pace_share(&b, path, now), "rate file: made and shared");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "rate file: for its owner alone");
	/* two processes that each start whenever they may */
	struct pace *who[2] = {&a, &b};
	size_t n = 0, by[2] = {0};
	while (n < 1000) {
		int64_t next[2] = {pace_next(&a, now), pace_next(&b, now)};
		int first = next[1] < next[0];
		now = next[first] > now ? next[first] : now;
		pace_start(who[first], now);
		by[first]++;
		at[n++] = now;
	}
	ok(most_within(at, 1000, SECOND) <= 112, "rate file: two keep one rate");
	ok(now - at[0] >= 9800 * MILLISECOND && now - at[0] <= 10000 * MILLISECOND,
	   "rate file: and use it up");
	ok(by[0] > 300 && by[1] > 300, "rate file: neither starves");
	/* the service says how many more it takes: that is for both together */
	now += 2 * SECOND;
	pace_set_remaining(&a, now, now, 3, 10 * SECOND);
	for (int i = 0; i < 3; i++) {
		ok(pace_next(who[i % 2], now) <= now,
		   "rate file: what the service has left is for all (%d)", i);
		pace_start(who[i % 2], now);
	}
	ok(pace_next(&a, now) == now + 10 * SECOND &&
		   pace_next(&b, now + SECOND) == now + 10 * SECOND,
	   "rate file: and used up for all");
	now += 10 * SECOND;
	pace_throttled(&a, now, 60 * SECOND);
	ok(pace_next(&b, now + SECOND) >= now + 60 * SECOND,
	   "rate file: the pause of one is the pause of all");
	pace_free(&a);
	pace_free(&b);
	pace_init(&c);
	pace_set_rate(&c, 100, 10);
	ok(!pace_share(&c, path, now + 2 * SECOND) &&
		   pace_next(&c, now + 2 * SECOND) >= now + 60 * SECOND,
	   "rate file: and outlives them");
	pace_free(&c);
}

/* Runs n starts of two processes whose clocks are apart by that much, each as soon as it may; at[]
 * by the first's clock. */
static void
run_apart(struct pace *a, struct pace *b, int64_t now, int64_t apart, int64_t *at, size_t n,
	  size_t by[2])
{
	for (size_t i = 0; i < n; i++) {
		int64_t next[2] = {pace_next(a, now), pace_next(b, now + apart) - apart};
		int first = next[1] < next[0];
		now = next[first] > now ? next[first] : now;
		pace_start(first ? b : a, first ? now + apart : now);
		by[first]++;
		at[i] = now;
	}
}

static void
test_clocks_apart(const char *path)
{
	static const int64_t apart[] = {SECOND / 2,  -SECOND / 2,        5 * SECOND,
					-5 * SECOND, 2 * 86400 * SECOND, -10 * 86400 * SECOND};
	for (size_t i = 0; i < sizeof apart / sizeof *apart; i++) {
		static int64_t at[400];
		struct pace a, b;
		int64_t now = 20 * 86400 * SECOND, s = apart[i] / SECOND;
		size_t by[2] = {0};
		unlink(path);
		pace_init(&a);
		pace_init(&b);
		pace_set_rate(&a, 20, 5);
		pace_set_rate(&b, 20, 5);
		ok(!pace_share(&a, path, now) && !pace_share(&b, path, now + apart[i]),
		   "clocks apart by %lld s: shared", (long long)s);
		run_apart(&a, &b, now, apart[i], at, 400, by);
		ok(most_within(at, 400, SECOND) <= 26, "clocks apart by %lld s: one rate (%zu)",
		   (long long)s, most_within(at, 400, SECOND));
		ok(at[399] - now >= 19 * SECOND && at[399] - now <= 20200 * MILLISECOND,
		   "clocks apart by %lld s: and it is used up", (long long)s);
		ok(by[0] > 150 && by[1] > 150, "clocks apart by %lld s: neither starves (%zu, %zu)",
		   (long long)s, by[0], by[1]);
		pace_throttled(&a, at[399], 60 * SECOND);
		int64_t left = pace_next(&b, at[399] + SECOND + apart[i]) - apart[i] - at[399];
		ok(left >= 60 * SECOND && left <= 72 * SECOND,
		   "clocks apart by %lld s: a pause is as long for both", (long long)s);
		pace_free(&a);
		pace_free(&b);
	}
}

/* One host counts the seconds faster, and a clock of the others is read late: nobody falls behind
 * for good. */
static void
test_late_joiner(const char *path)
{
	struct pace a, b;
	int64_t now = 1000 * SECOND;
	unlink(path);
	pace_init(&a);
	pace_init(&b);
	pace_set_rate(&a, 10, 1);
	pace_set_rate(&b, 10, 1);
	ok(!pace_share(&a, path, now) && !pace_share(&b, path, now), "a late reader: shared");
	/* nothing was read for an hour in which the other ran on */
	for (int i = 0; i < 3; i++)
		start(&a, now + 3600 * SECOND + i * SECOND);
	ok(pace_next(&b, now + 2 * SECOND) <= now + 2 * SECOND + SECOND / 5,
	   "a late reader: takes the time that it reads");
	pace_free(&a);
	pace_free(&b);
}

static void
write_file(const char *path, const char *text, int64_t age)
{
	struct timespec times[2];
	FILE *f = fopen(path, "w");
	ok(f && fputs(text, f) >= 0 && fclose(f) == 0, "a rate file");
	for (int i = 0; i < 2; i++)
		times[i] = (struct timespec){.tv_sec = (time_t)((clock_wall() - age) / SECOND)};
	ok(utimensat(AT_FDCWD, path, times, 0) == 0, "written %lld s ago",
	   (long long)(age / SECOND));
}

/* How long the next start of a process waits that opens the file now. */
static int64_t
wait_of(const char *path)
{
	struct pace p;
	int64_t now = 77 * SECOND;
	pace_init(&p);
	ok(!pace_share(&p, path, now), "opened");
	int64_t wait = pace_next(&p, now) - now;
	pace_free(&p);
	return wait;
}

static void
test_rate_file_time(const char *path)
{
	static const char text[] = "{\"tc_rate\":1,\"rate\":20,\"burst\":1,\"now\":5000000000,"
				   "\"wall\":1,\"arrival\":4000000000,"
				   "\"blocked_until\":5060000000,\"event\":4990000000}\n";
	int64_t wait;
	write_file(path, text, 0);
	wait = wait_of(path);
	ok(wait > 50 * SECOND && wait <= 60 * SECOND,
	   "a pause that was met a moment ago goes on, whatever the wall clock says");
	write_file(path, text, 30 * SECOND);
	wait = wait_of(path);
	ok(wait > 20 * SECOND && wait <= 32 * SECOND, "half a minute later it is as much shorter");
	write_file(path, text, 100 * SECOND);
	ok(wait_of(path) <= 0, "and a minute later over");
	write_file(path, text, -3 * 86400 * SECOND);
	wait = wait_of(path);
	ok(wait > 50 * SECOND && wait <= 60 * SECOND,
	   "a clock that was set back by days: no longer than what was left");
}

/* What an earlier version wrote, by a wall clock that was ahead: worth nothing, but the rate
 * stands. */
static void
test_future_instants(const char *path)
{
	static const int64_t ahead[] = {30 * SECOND, 3600 * SECOND, 10 * 86400 * SECOND};
	for (size_t i = 0; i < sizeof ahead / sizeof *ahead; i++) {
		static int64_t at[100];
		struct pace p;
		struct buf b = {0};
		int64_t now = 500 * SECOND, then = clock_wall() + ahead[i];
		buf_fmt(&b,
			"{\"tc_rate\":1,\"rate\":20.0,\"burst\":2.0,\"arrival\":%lld,\"blocked_"
			"until\":%lld,",
			(long long)then, (long long)then);
		buf_fmt(&b, "\"event\":%lld,\"since\":%lld,\"left\":0,\"left_until\":%lld}\n",
			(long long)then, (long long)then, (long long)then);
		write_file(path, buf_cstr(&b), 0);
		pace_init(&p);
		ok(!pace_share(&p, path, now), "instants %lld s ahead: opened",
		   (long long)(ahead[i] / SECOND));
		ok(pace_next(&p, now) <= now && pace_throttled_for(&p, now) == 0,
		   "instants ahead: nothing waits for them");
		for (size_t k = 0; k < 100; k++)
			at[k] = now = start(&p, now);
		ok(most_within(at, 100, SECOND) <= 22 && at[99] - at[0] >= 4800 * MILLISECOND,
		   "instants ahead: the rate is kept");
		pace_free(&p);
		buf_free(&b);
	}
}

static void
test_no_rate_file(const char *path)
{
	struct pace p;
	FILE *f = fopen(path, "w");
	ok(f && fputs("{\"precious\":true}\n", f) >= 0 && fclose(f) == 0, "another file");
	pace_init(&p);
	ok(pace_share(&p, path, SECOND) != NULL, "rate file: any other file is refused");
	struct buf b = {0};
	ok(buf_read_file(&b, path, 100) == 0 && span_is(buf_all(&b), "{\"precious\":true}\n"),
	   "rate file: and not touched");
	buf_free(&b);
	pace_free(&p);
	pace_init(&p);
	ok(pace_share(&p, "/nonexistent/rate", SECOND) != NULL,
	   "rate file: a place that is not there");
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
	char path[] = "/tmp/tc-test-rate-XXXXXX";
	retry_seed(0x9e3779b97f4a7c15);
	test_told();
	test_untold();
	test_refuses_all();
	test_learns();
	test_learns_small_bucket();
	test_told_and_refused();
	test_crowd();
	int fd = mkstemp(path);
	ok(fd >= 0 && close(fd) == 0 && unlink(path) == 0, "a name for a file");
	test_shared(path);
	test_clocks_apart(path);
	test_late_joiner(path);
	test_rate_file_time(path);
	test_future_instants(path);
	test_no_rate_file(path);
	unlink(path);
	test_refused_for_long();
	return done_testing();
}
