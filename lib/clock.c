#include "clock.h"

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

void
clock_rfc3339(struct buf *b, int64_t wall)
{
	time_t s = (time_t)(wall / SECOND);
	struct tm tm;
	char text[64];
	if (gmtime_r(&s, &tm) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		buf_str(b, text);
}

void
clock_rfc3339_ms(struct buf *b, int64_t wall)
{
	clock_rfc3339(b, wall);
	if (b->n && b->p[b->n - 1] == 'Z') {
		b->n--;
		buf_fmt(b, ".%03dZ", (int)(wall % SECOND / MILLISECOND));
	}
}

int64_t
clock_days(int64_t y, int m, int d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

int64_t
clock_parse_rfc3339(const char *text)
{
	int v[6], end = 0;
	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &end) != 6 || end != 19)
		return -1;
	if (text[19] == '.')
		end += 1 + (int)strspn(text + 20, "0123456789");
	if (strcmp(text + end, "Z") != 0 || v[1] < 1 || v[1] > 12)
		return -1;
	return ((clock_days(v[0], v[1], v[2]) * 24 + v[3]) * 3600 + v[4] * 60 + v[5]) * SECOND;
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
		return "a duration looks like 500ms, 2s, 5m or 1h";
	double v = strtod(text, &end);
	for (size_t i = 0; i < sizeof unit / sizeof *unit; i++)
		if (strcmp(end, unit[i].name) == 0) {
			v *= unit[i].us;
			if (!(v >= 0 && v <= 10 * 365 * 86400e6))
				return "a duration is at most ten years";
			*out = (int64_t)(v + 0.5);
			return NULL;
		}
	return "a duration looks like 500ms, 2s, 5m or 1h";
}

int
clock_poll_ms(int64_t now, int64_t due)
{
	if (due <= now)
		return 0;
	int64_t ms = due - now >= 3600 * SECOND ? 3600 * 1000 : (due - now + MILLISECOND - 1) / MILLISECOND;
	return (int)ms;
}
