/* Durations, rates and poll timeouts as people and poll(2) write them. */
#include "base/clock.h"
#include "base/date.h"
#include "flow/pace.h"
#include "test.h"

static void
test_durations(void)
{
	static const struct {
		const char *text;
		int64_t us;
	} good[] = {
		{"0", 0},       {"500ms", 500000},           {"2s", 2000000},
		{"2", 2000000}, {"1.5m", 90000000},          {"1h", 3600000000},
		{".5", 500000}, {"87600h", 315360000000000},
	};
	static const char *const bad[] = {"",    " 1",  "-1",  "+1", "1 s",    "1d",   "1S",   "s",
					  "1ss", "nan", "inf", "1e", "87601h", "1,5s", "1m30s"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		int64_t us = -1;
		ok(!clock_duration(good[i].text, &us) && us == good[i].us, "duration: %s",
		   good[i].text);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int64_t us = -1;
		ok(clock_duration(bad[i], &us) && us == -1, "no duration: \"%s\"", bad[i]);
	}
}

static void
test_rates(void)
{
	static const struct {
		const char *text;
		double rate, burst;
	} good[] = {{"10", 10, 0},    {"100/s", 100, 0},       {"60/m", 1, 0},
		    {"3600/h", 1, 0}, {"100/s:200", 100, 200}, {"0.5:1", 0.5, 1}};
	static const char *const bad[] = {"",       "0",       "-1",  "+1",  "/s",
					  "1/d",    "1/",      "1:0", "1:",  "1:x",
					  "1/s:2x", "2000000", "inf", "nan", " 1"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		double r = -1, b = -1;
		bool is = !pace_parse(good[i].text, &r, &b) && r >= good[i].rate &&
			  r <= good[i].rate && b >= good[i].burst && b <= good[i].burst;
		ok(is, "rate: %s", good[i].text);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		double r, b;
		ok(pace_parse(bad[i], &r, &b) != NULL, "no rate: \"%s\"", bad[i]);
	}
}

static void
test_dates(void)
{
	static const struct {
		const char *text;
		int64_t wall;
	} good[] = {{"1970-01-01T00:00:00Z", 0},
		    {"1970-01-02", 86400 * SECOND},
		    {"1971-12-31", (int64_t)729 * 86400 * SECOND},
		    {"1970-01-01T01:00:00.25+01:00", SECOND / 4},
		    {"2000-02-29t23:59:60z", (int64_t)951868800 * SECOND},
		    {"1969-12-31T23:00:00-00:30", -1800 * SECOND}};
	static const char *const bad[] = {"",
					  "2026",
					  "2026-13-01",
					  "2026-02-29",
					  "2026-04-31T00:00:00Z",
					  "2100-02-29",
					  "2026-12-32",
					  "2026-00-10",
					  "2026-02-28T10:00",
					  "2026-02-28T24:00:00Z",
					  "2026-02-28T10:00:00+1:00",
					  "2026-02-28T10:00:00Zx",
					  " 2026-02-28"};
	int64_t wall;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ok(date_parse(good[i].text, &wall) && wall == good[i].wall, "a date: %s",
		   good[i].text);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(!date_parse(bad[i], &wall), "not a date: \"%s\"", bad[i]);
	static const char *const zoned[] = {"2026-02-28",
					    "2026-02-28T10:00:00Z",
					    "2026-02-28 10:00:00z",
					    "2026-02-28T10:00:00.5-08:00",
					    "2026-02-28T10:00:00+08:00",
					    "2026-02-28T10:00:00 08:00"};
	static const char *const local[] = {"2026-02-28T10:00:00", "2026-02-28 10:00:00",
					    "2026-02-28T10:00:00.25"};
	for (size_t i = 0; i < sizeof zoned / sizeof *zoned; i++)
		ok(!date_is_local(zoned[i]), "a date with a zone: %s", zoned[i]);
	for (size_t i = 0; i < sizeof local / sizeof *local; i++)
		ok(date_is_local(local[i]), "a time without a zone: %s", local[i]);
}

int
main(void)
{
	struct buf b = {0};
	test_durations();
	test_rates();
	same_number(clock_poll_ms(5, 5), 0, "poll: due now");
	same_number(clock_poll_ms(5, 6), 1, "poll: rounded up, never early");
	same_number(clock_poll_ms(0, 2001), 3, "poll: rounded up");
	same_number(clock_poll_ms(0, NEVER), 3600000, "poll: never is an hour");
	date_rfc3339(&b, (int64_t)1772272800 * SECOND + 999999);
	same(buf_all(&b), "2026-02-28T10:00:00Z", "RFC 3339");
	b.n = 0;
	date_rfc3339_ms(&b, (int64_t)1772272800 * SECOND + 250999);
	same(buf_all(&b), "2026-02-28T10:00:00.250Z", "RFC 3339 with milliseconds");
	b.n = 0;
	date_http(&b, (int64_t)784111777 * SECOND);
	same(buf_all(&b), "Sun, 06 Nov 1994 08:49:37 GMT", "an HTTP date");
	test_dates();
	ok(clock_now() <= clock_now(), "the clock does not go back");
	buf_free(&b);
	return done_testing();
}
