#include "concurrency.h"

#include <stdlib.h>
#include <string.h>

enum { JOBS_MAX = 4096, AUTO_START = 4, AUTO_MAX = 32, ROUNDS = 8 };

/* A number from 1 to JOBS_MAX, or 0. */
static size_t
number(const char *p, char **end)
{
	long n = *p >= '0' && *p <= '9' ? strtol(p, end, 10) : 0;
	return n >= 1 && n <= JOBS_MAX ? (size_t)n : 0;
}

const char *
concurrency_option(void *to, const char *value)
{
	struct concurrency *l = to;
	char *end;
	*l = (struct concurrency){.given = true, .min = 1, .max = AUTO_MAX};
	if (strncmp(value, "auto", 4) == 0) {
		l->automatic = true;
		if (value[4] == ':') {
			l->min = number(value + 5, &end);
			l->max = l->min && strncmp(end, "..", 2) == 0 ? number(end + 2, &end) : 0;
		}
		if ((value[4] && value[4] != ':') || l->max < l->min || !l->min ||
		    (value[4] && *end))
			return "expected auto:MIN..MAX with numbers from 1 to 4096";
		l->jobs = AUTO_START < l->min ? l->min : AUTO_START > l->max ? l->max : AUTO_START;
	} else {
		l->jobs = l->max = number(value, &end);
		if (!l->jobs || *end)
			return "expected a number from 1 to 4096, auto, or auto:MIN..MAX";
	}
	l->now = l->jobs;
	return NULL;
}

bool
concurrency_squeezed(struct concurrency *l, size_t n)
{
	bool news = n < l->jobs && (!l->lowest || n < l->lowest);
	if (news)
		l->lowest = n;
	l->jobs = l->now = n;
	l->good = 0;
	return news;
}

void
concurrency_move(struct concurrency *l, size_t n, int by)
{
	long wanted = (long)n + by;
	l->jobs = l->now = wanted < 1 ? 1 : wanted > JOBS_MAX ? JOBS_MAX : (size_t)wanted;
	if (by < 0 || l->max < l->jobs)
		l->max = l->jobs;
	if (l->min > l->max)
		l->min = l->max;
	l->good = 0;
}

void
concurrency_throttled(struct concurrency *l)
{
	if (l->automatic)
		l->jobs = l->jobs / 2 > l->min ? l->jobs / 2 : l->min;
	l->now = 1;
	l->good = 0;
}

void
concurrency_accepted(struct concurrency *l)
{
	if (l->now < l->jobs) {
		l->now = 2 * l->now < l->jobs ? 2 * l->now : l->jobs;
	} else if (l->jobs < l->max && ++l->good >= (l->lowest ? ROUNDS * l->jobs : l->jobs)) {
		l->now = ++l->jobs;
		l->good = 0;
	}
}
