/* lib/ratelimit: the IETF draft's two fields, and how a pace keeps to them. */
#include "http/ratelimit_header.h"

#include "base/clock.h"
#include "flow/pace.h"
#include "test.h"

static void
left_is(const char *field, long long want, long long seconds)
{
	int64_t left = -7, reset = -7;
	bool found = ratelimit_left(span_of(field), &left, &reset);
	if (want < 0)
		ok(!found, "RateLimit: %s: nothing", field);
	else
		ok(found && left == want && reset == seconds * SECOND,
		   "RateLimit: %s: %lld for %lld s", field, want, seconds);
}

static void
test_left(void)
{
	left_is("\"default\";r=50;t=30", 50, 30);
	left_is("default;r=0;t=5", 0, 5);
	left_is("\"a\";r=50;t=30, \"b\";r=2;t=60", 2, 60);
	left_is("  \"a\" ; r=1;t=1", -1, 0);
	left_is("\"a\"; r=1; t=1", 1, 1);
	left_is("\"a\";pk=:cHJvZA==:;r=9;t=3", 9, 3);
	left_is("\"say \\\"x\\\"\";r=9;t=3", 9, 3);
	left_is("\"a\";r=99999999999999999999;t=3", 1000000000, 3);
	left_is("\"a\";r=50", -1, 0);
	left_is("\"a\";t=50", -1, 0);
	left_is("\"a\";r=-1;t=3", -1, 0);
	left_is("\"a\";r=1.5;t=3", -1, 0);
	left_is("\"a\";r=\"5\";t=3", -1, 0);
	left_is("\"a;r=1;t=3", -1, 0);
	left_is("\"a\";r=1;t=3,", -1, 0);
	left_is("\"a\";r=1;t=3 x", -1, 0);
	left_is("\"a\";r=1;t=3;", -1, 0);
	left_is("50", -1, 0);
	left_is("", -1, 0);
}

static void
test_policy(void)
{
	double rate = 0, burst = 0;
	ok(ratelimit_policy(span_of("\"burst\";q=100;w=60,\"daily\";q=1000;w=86400"), &rate,
			    &burst) &&
		   burst == 1000,
	   "of two policies the slower");
	ok(ratelimit_policy(span_of("\"x\";q=10;w=1"), &rate, &burst) && rate == 10 && burst == 10,
	   "ten a second");
	ok(!ratelimit_policy(span_of("\"x\";q=10;w=1;qu=\"content-bytes\""), &rate, &burst),
	   "bytes are not requests");
	ok(!ratelimit_policy(span_of("\"x\";q=10"), &rate, &burst), "no window, no rate");
	ok(!ratelimit_policy(span_of("\"x\";q=0;w=1"), &rate, &burst),
	   "nothing allowed is no rate");
}

static void
test_allowance(void)
{
	struct pace p;
	pace_init(&p);
	pace_set_remaining(&p, SECOND, SECOND, 2, 10 * SECOND);
	for (int i = 0; i < 2; i++) {
		ok(pace_next(&p, SECOND) <= SECOND, "what is left may start");
		pace_start(&p, SECOND);
	}
	ok(pace_next(&p, SECOND) == 11 * SECOND, "then nothing, until the reset");
	ok(pace_next(&p, 11 * SECOND) <= 11 * SECOND, "and then on");
	pace_free(&p);
}

int
main(void)
{
	test_left();
	test_policy();
	test_allowance();
	return done_testing();
}
