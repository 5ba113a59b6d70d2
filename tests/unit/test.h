/* Unit tests: each program prints "ok NAME" or "not ok NAME" lines and exits 1 if one failed, or if
 * none ran. */
#ifndef TC_TEST_H
#define TC_TEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

static struct {
	unsigned good, bad;
} test_counts;

/* One test: its name is formatted. Returns what it was given, so that more can be said. */
static inline bool __attribute__((format(printf, 2, 3))) ok(bool good, const char *fmt, ...)
{
	va_list ap;
	printf("%s ", good ? "ok" : "not ok");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (good)
		test_counts.good++;
	else
		test_counts.bad++;
	return good;
}

/* One test: these bytes are that text. */
static inline void
same(struct span got, const char *want, const char *name)
{
	if (!ok(span_is(got, want), "%s", name))
		printf("# got:  %.*s\n# want: %s\n", (int)got.n, got.n ? got.p : "", want);
}

static inline void
same_number(long long got, long long want, const char *name)
{
	if (!ok(got == want, "%s", name))
		printf("# got:  %lld\n# want: %lld\n", got, want);
}

/* For main() to return. */
static inline int
done_testing(void)
{
	if (fflush(stdout) != 0)
		return 1;
	return test_counts.bad || !test_counts.good ? 1 : 0;
}

#endif
