/* tc-pool's own arithmetic: how many at a time, when enough has failed, the key of an item. */
#include "../../cmd/tc-pool/concurrency.h"
#include "../../cmd/tc-pool/halt.h"
#include "test.h"

static void
test_limit_option(void)
{
	static const char *const wrong[] = {"",         "0",         "-1",        "x",
					    "2x",       "4097",      "auto:",     "auto:1",
					    "auto:1..", "auto:0..2", "auto:3..2", "auto:1..2x",
					    "automatic"};
	struct concurrency l = {0};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ok(concurrency_option(&l, wrong[i]) != NULL, "-j '%s' is refused", wrong[i]);
	ok(!concurrency_option(&l, "7") && l.now == 7 && !l.automatic, "-j 7 is seven at once");
	ok(!concurrency_option(&l, "auto") && l.automatic && l.min == 1 && l.max == 32 &&
		   l.now == 4,
	   "-j auto is 1 to 32, from 4");
	ok(!concurrency_option(&l, "auto:6..9") && l.now == 6, "-j auto:6..9 begins with 6");
	ok(!concurrency_option(&l, "auto:1..3") && l.now == 3, "-j auto:1..3 begins with 3");
}

static void
test_slow_start(void)
{
	struct concurrency l = {0};
	concurrency_option(&l, "10");
	concurrency_throttled(&l);
	ok(l.now == 1 && l.jobs == 10, "after a throttle one at a time");
	static const size_t want[] = {2, 4, 8, 10, 10};
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		concurrency_accepted(&l);
		ok(l.now == want[i], "success %zu allows %zu", i + 1, want[i]);
	}
}

static void
test_auto(void)
{
	struct concurrency l = {0};
	concurrency_option(&l, "auto:2..6");
	for (int i = 0; i < 4; i++)
		concurrency_accepted(&l);
	ok(l.now == 5, "one more after a round of successes");
	for (int i = 0; i < 100; i++)
		concurrency_accepted(&l);
	ok(l.now == 6, "never more than the most");
	concurrency_throttled(&l);
	ok(l.jobs == 3 && l.now == 1, "half as many after a throttle");
	concurrency_throttled(&l);
	ok(l.jobs == 2, "never less than the least");
}

static void
test_squeezed(void)
{
	struct concurrency l = {0};
	concurrency_option(&l, "8");
	ok(concurrency_squeezed(&l, 3) && l.now == 3, "no room for more than three");
	ok(!concurrency_squeezed(&l, 3), "is said once");
	for (int i = 0; i < 24; i++)
		concurrency_accepted(&l);
	ok(l.now == 4, "and one more is tried when all has gone well for a while");
	for (int i = 0; i < 1000; i++)
		concurrency_accepted(&l);
	ok(l.now == 8, "but never more than was given");
}

static void
test_moved(void)
{
	struct concurrency l = {0};
	concurrency_option(&l, "2");
	concurrency_move(&l, l.jobs, 3);
	ok(l.now == 5 && l.max == 5, "three more");
	concurrency_move(&l, l.jobs, -9);
	ok(l.now == 1, "never less than one");
	for (int i = 0; i < 100; i++)
		concurrency_accepted(&l);
	ok(l.now == 1, "and it stays so");
	concurrency_move(&l, 4096, 1);
	ok(l.now == 4096, "never more than there can be");
}

static void
test_halt(void)
{
	static const char *const wrong[] = {"",
					    "soon",
					    "now",
					    "soon,fail",
					    "soon,fail=",
					    "soon,fail=0",
					    "now,fail=0%",
					    "now,fail=101%",
					    "later,fail=1",
					    "soon,fail=1x",
					    "now,done=1",
					    "soon,fail=-1"};
	struct halt h = {0};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ok(halt_option(&h, wrong[i]) != NULL, "--halt '%s' is refused", wrong[i]);
	struct counts c = {.in = 10, .failed = 2};
	ok(!halt_option(&h, "never") && !halt_due(&h, &c), "never");
	ok(!halt_option(&h, "soon,fail=3") && !h.now && !halt_due(&h, &c),
	   "two of three are not enough");
	c.failed = 3;
	ok(halt_due(&h, &c), "three are");
	ok(!halt_option(&h, "now,fail=30%") && h.now && h.percent && !halt_due(&h, &c),
	   "a part of what is not known yet");
	c.all_read = true;
	ok(halt_due(&h, &c), "three of ten are 30%%");
	c.in = 11;
	ok(!halt_due(&h, &c), "three of eleven are not");
}

int
main(void)
{
	test_limit_option();
	test_slow_start();
	test_auto();
	test_squeezed();
	test_moved();
	test_halt();
	return done_testing();
}
