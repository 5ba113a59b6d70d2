/* The rate file: one pace for several processes, whose clocks need not agree. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pace.h"

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

int
main(void)
{
	char path[] = "/tmp/tc-test-rate-XXXXXX";
	retry_seed(0x9e3779b97f4a7c15);
	int fd = mkstemp(path);
	ok(fd >= 0 && close(fd) == 0 && unlink(path) == 0, "a name for a file");
	test_shared(path);
	test_clocks_apart(path);
	test_late_joiner(path);
	test_rate_file_time(path);
	test_future_instants(path);
	test_no_rate_file(path);
	unlink(path);
	return done_testing();
}
