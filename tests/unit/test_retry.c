/* When to try again: statuses, backoff, Retry-After in all its forms. Time and chance are made up.
 */
#include "base/clock.h"
#include "base/date.h"
#include "flow/retry.h"
#include "test.h"

/* Sun, 06 Nov 1994 08:49:37 GMT, the RFC's own example. */
#define NOV_1994 ((int64_t)784111777 * SECOND)

static void
test_statuses(void)
{
	static const int transient[] = {408, 425, 429, 500, 502, 503, 504, 507, 511, 520, 521,
					522, 523, 524, 525, 526, 527, 529, 530, 598, 599};
	static const int unreached[] = {501, 505, 521, 523, 525, 526, 530};
	size_t n = 0, n_unreached = 0;
	for (int s = 100; s < 600; s++) {
		n += retry_transient(s);
		n_unreached += (retry_status(s) & RETRY_UNREACHED) != 0;
	}
	for (size_t i = 0; i < sizeof transient / sizeof *transient; i++)
		ok(retry_transient(transient[i]), "%d is transient", transient[i]);
	for (size_t i = 0; i < sizeof unreached / sizeof *unreached; i++)
		ok(retry_status(unreached[i]) & RETRY_UNREACHED, "%d: the origin was not reached",
		   unreached[i]);
	same_number((long long)n, 21, "no other status is transient");
	same_number((long long)n_unreached, 7, "after no other was the origin not reached");
}

static void
test_dates(void)
{
	static const char *const same_instant[] = {
		"Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994",
	};
	static const char *const none[] = {
		"",
		"Sun",
		"Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 CET",
		"Sun, 6 Nov 1994 08:49:37 GMT",
		"Son, 06 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun, 06 Nov 1994 08:60:37 GMT",
		"Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 32 Nov 1994 08:49:37 GMT",
		"Sun, 06 Nox 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 06 Nov 1994 08:49:37 GMTx",
		"1994-11-06T08:49:37Z",
		"Sunday, 06-Nov-1994 08:49:37 GMT",
		"Sun Nov 6 08:49:37 1994",
		"Sun Nov  6 08:49:37 94",
	};
	for (size_t i = 0; i < sizeof same_instant / sizeof *same_instant; i++)
		ok(date_parse_http(span_of(same_instant[i]), NOV_1994) == NOV_1994, "date: %s",
		   same_instant[i]);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		ok(date_parse_http(span_of(none[i]), NOV_1994) == -1, "no date: \"%s\"", none[i]);
	same_number(date_parse_http(span_of("Thu, 01 Jan 1970 00:00:00 GMT"), 0), 0,
		    "date: the epoch");
	same_number(date_parse_http(span_of("Thu, 29 Feb 2024 12:00:00 GMT"), 0) / SECOND,
		    1709208000, "date: a leap day");
	same_number(date_parse_http(span_of("Friday, 01-Jan-27 00:00:00 GMT"),
				    (int64_t)1800000000 * SECOND) /
			    SECOND,
		    1798761600, "date: two digits of this century");
	same_number(date_parse_http(span_of("Friday, 01-Jan-99 00:00:00 GMT"),
				    (int64_t)1800000000 * SECOND) /
			    SECOND,
		    915148800, "date: more than 50 years ahead is the last century");
}

static int64_t
after(const char *value)
{
	return retry_after(span_of(value), NOV_1994, 0);
}

static void
test_retry_after(void)
{
	static const char *const garbage[] = {"",    " ",        "-1",   "+1",         "1.5",
					      "1s",  "0x10",     "soon", "1 2",        "1,2",
					      "nan", "infinity", "\x80", "Sun, 06 Nov"};
	same_number(after("0"), 0, "Retry-After: 0");
	same_number(after("120"), 120 * SECOND, "Retry-After: 120");
	same_number(after(" 7 "), 7 * SECOND, "Retry-After: spaces around");
	same_number(after("007"), 7 * SECOND, "Retry-After: leading zeros");
	for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
		ok(after(garbage[i]) == -1, "Retry-After: \"%s\" says nothing", garbage[i]);
	same_number(after("Sun, 06 Nov 1994 08:50:07 GMT"), 30 * SECOND,
		    "Retry-After: IMF-fixdate");
	same_number(after("Sunday, 06-Nov-94 08:50:07 GMT"), 30 * SECOND,
		    "Retry-After: RFC 850 date");
	same_number(after("Sun Nov  6 08:50:07 1994"), 30 * SECOND, "Retry-After: asctime date");
	same_number(after("Sun, 06 Nov 1994 08:00:00 GMT"), 0,
		    "Retry-After: a date that has passed");
	ok(after("99999999999999999999999999999999") == after("315360000"),
	   "Retry-After: over ten years is ten");
	ok(after("Fri, 31 Dec 9999 23:59:59 GMT") == after("315360000"),
	   "Retry-After: a date over ten years ahead is ten");
	same_number(retry_after(span_of("Sun, 06 Nov 1994 08:50:07 GMT"), NOV_1994 + 3600 * SECOND,
				NOV_1994),
		    30 * SECOND, "Retry-After: a date is held against the clock that wrote it");
	same_number(retry_after(span_of("5"), NOV_1994 + 3600 * SECOND, NOV_1994), 5 * SECOND,
		    "Retry-After: seconds need no clock");
}

static void
test_backoff(void)
{
	const int64_t base = SECOND / 2, cap = 30 * SECOND;
	same_number(retry_backoff(0, base, cap, 0), 0, "backoff: full jitter starts at 0");
	same_number(retry_backoff(0, base, cap, 1), base, "backoff: first");
	same_number(retry_backoff(3, base, cap, 1), 4 * SECOND, "backoff: doubles");
	same_number(retry_backoff(3, base, cap, 0.5), 2 * SECOND, "backoff: chance scales it");
	same_number(retry_backoff(6, base, cap, 1), cap, "backoff: is capped");
	same_number(retry_backoff(4000000000u, base, cap, 1), cap,
		    "backoff: no number of tries overflows it");
	same_number(retry_wait(3 * SECOND, -1, 1), 3 * SECOND,
		    "wait: own, where nothing was asked for");
	same_number(retry_wait(3 * SECOND, 10 * SECOND, 0), 10 * SECOND,
		    "wait: never under what was asked for");
	same_number(retry_wait(20 * SECOND, 10 * SECOND, 0), 20 * SECOND,
		    "wait: nor under its own");
	same_number(retry_wait(0, 10 * SECOND, 1), 12 * SECOND, "wait: jitter is a fifth");
	same_number(retry_wait(0, 86400 * SECOND, 1), 86430 * SECOND, "wait: and at most 30 s");
	same_number(retry_wait(0, 0, 1), 0, "wait: 0 was asked for");
	same_number(retry_wait(3 * SECOND, 0, 1), 3 * SECOND,
		    "wait: 0 was asked for, and leaves our own");
}

static void
test_chance(void)
{
	double sum = 0, least = 1, most = 0;
	for (int i = 0; i < 100000; i++) {
		double c = retry_chance();
		sum += c;
		least = c < least ? c : least;
		most = c > most ? c : most;
	}
	ok(least >= 0 && most < 1, "chance: from 0 to 1");
	ok(least < 0.01 && most > 0.99 && sum > 49000 && sum < 51000, "chance: all over it");
}

int
main(void)
{
	test_statuses();
	test_dates();
	test_retry_after();
	test_backoff();
	test_chance();
	return done_testing();
}
