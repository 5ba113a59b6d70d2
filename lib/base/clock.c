#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t
read_clock(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t); /* cannot fail for these two clocks */
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec / 1000;
}

int64_t
clock_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t
clock_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

const char *
clock_duration(const char *text, int64_t *out)
{
	static const struct {
		const char *name;
		double us;
	} unit[] = {{"", 1e6}, {"s", 1e6}, {"ms", 1e3}, {"m", 60e6}, {"h", 3600e6}};
	char *end;
	if (!strchr("0123456789.", *text) || !*text)
		return "expected a duration such as 500ms, 2s, 5m or 1h";
	double v = strtod(text, &end);
	for (size_t i = 0; i < sizeof unit / sizeof *unit; i++)
		if (strcmp(end, unit[i].name) == 0) {
			v *= unit[i].us;
			if (!(v >= 0 && v <= 10 * 365 * 86400e6))
				return "expected a duration of at most ten years";
			*out = (int64_t)(v + 0.5);
			return NULL;
		}
	return "expected a duration such as 500ms, 2s, 5m or 1h";
}

const char *
clock_rate(const char *text, const char **end, double *rate)
{
	static const struct {
		const char *unit;
		double seconds;
	} units[] = {{"/s", 1}, {"/m", 60}, {"/h", 3600}};
	char *after = NULL;
	double n = *text >= '0' && *text <= '9' ? strtod(text, &after) : -1;
	if (!(n > 0 && n <= 1e6))
		return "expected a rate such as 10, 100/s or 60/m";
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strncmp(after, units[i].unit, 2) == 0) {
			n /= units[i].seconds;
			after += 2;
			break;
		}
	*end = after;
	*rate = n;
	return NULL;
}

int
clock_poll_ms(int64_t now, int64_t due)
{
	if (due <= now)
		return 0;
	int64_t ms = due - now >= 3600 * SECOND ? 3600 * 1000
						: (due - now + MILLISECOND - 1) / MILLISECOND;
	return (int)ms;
}
