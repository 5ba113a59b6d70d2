/* lib/seen: which texts came before, and how often. */
#include "base/seen.h"

#include "test.h"

static void
test_count(void)
{
	struct seen s = {0};
	ok(seen_count(&s, span_of("a")) == 1, "the first time is the first");
	ok(seen_count(&s, span_of("b")) == 1, "another text has a count of its own");
	ok(seen_count(&s, span_of("a")) == 2 && seen_count(&s, span_of("a")) == 3,
	   "each time counts");
	uint64_t n = 0;
	for (unsigned i = 0; i < 100000; i++)
		n = seen_count(&s, span_of("same"));
	ok(n == 100000, "a hundred thousand equal texts");
	for (unsigned i = 0; i < 1000; i++) {
		struct buf b = {0};
		buf_fmt(&b, "text %u", i);
		seen_count(&s, buf_all(&b));
		seen_count(&s, buf_all(&b));
		buf_free(&b);
	}
	ok(seen_count(&s, span_of("a")) == 4 && s.n == 1003, "growing forgets nothing");
	ok(seen_count(&s, span_of("")) == 1 && seen_count(&s, span_of("")) == 2,
	   "nothing is a text too");
	seen_free(&s);
}

static void
test_set(bool narrow)
{
	struct seen s = {.narrow = narrow};
	ok(!seen_has(&s, span_of("a")), "an empty set has nothing");
	ok(seen_add(&s, span_of("a")) && !seen_add(&s, span_of("a")), "added once");
	ok(seen_has(&s, span_of("a")) && !seen_has(&s, span_of("b")), "has what was added");
	unsigned n = 0;
	for (unsigned i = 0; i < 5000; i++) {
		struct buf b = {0};
		buf_fmt(&b, "id-%u", i);
		n += seen_add(&s, buf_all(&b)) && seen_has(&s, buf_all(&b));
		buf_free(&b);
	}
	ok(n >= (narrow ? 4990u : 5000u), "%u of five thousand are told apart%s", n,
	   narrow ? " in 4 bytes each" : "");
	seen_free(&s);
}

int
main(void)
{
	test_count();
	test_set(false);
	test_set(true);
	return done_testing();
}
