#include "when.h"

#include <string.h>
#include <time.h>

#include "clock.h"
#include "json.h"

void
when_iso(struct buf *b, int64_t wall)
{
	clock_rfc3339(b, wall);
	b->n--; /* the Z goes behind the fraction */
	buf_fmt(b, ".%03dZ", (int)(wall % SECOND / MILLISECOND));
}

void
when_json(struct buf *b, const char *name, int64_t wall)
{
	struct buf iso = {0};
	if (wall) {
		when_iso(&iso, wall);
		json_str(b, name, buf_all(&iso));
	} else {
		json_raw(b, name, span_of("null"));
	}
	buf_free(&iso);
}

/* Exactly `width` digits; moves *p behind them. */
static bool
digits(const char **p, int width, int *out)
{
	int v = 0;
	for (int i = 0; i < width; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		v = v * 10 + (**p - '0');
	}
	*out = v;
	return true;
}

static bool
skip(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

/* Days since 1970 of a date in the Gregorian calendar, years starting in March. */
static int64_t
days_of(int y, int m, int d)
{
	int64_t year = m <= 2 ? y - 1 : y, era = year / 400, yoe = year % 400;
	int64_t doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static bool
zone(const char **p, int64_t *seconds)
{
	int h = 0, m = 0, sign = **p == '-' ? -1 : 1;
	*seconds = 0;
	if (!**p || skip(p, 'Z') || skip(p, 'z'))
		return true;
	/* a plus that was not escaped in a query arrives as a space */
	if (!skip(p, '+') && !skip(p, '-') && !skip(p, ' '))
		return false;
	if (!digits(p, 2, &h) || !skip(p, ':') || !digits(p, 2, &m) || h > 23 || m > 59)
		return false;
	*seconds = sign * (h * 3600 + m * 60);
	return true;
}

bool
when_parse(const char *p, int64_t *wall)
{
	int y, mo, d, h = 0, mi = 0, s = 0;
	int64_t fraction = 0, offset = 0;
	if (!digits(&p, 4, &y) || !skip(&p, '-') || !digits(&p, 2, &mo) || !skip(&p, '-') || !digits(&p, 2, &d))
		return false;
	if (*p) {
		if (!skip(&p, 'T') && !skip(&p, 't') && !skip(&p, ' '))
			return false;
		if (!digits(&p, 2, &h) || !skip(&p, ':') || !digits(&p, 2, &mi) || !skip(&p, ':') || !digits(&p, 2, &s))
			return false;
		if (skip(&p, '.'))
			for (int64_t unit = SECOND / 10; *p >= '0' && *p <= '9'; p++, unit /= 10)
				fraction += unit * (*p - '0');
		if (!zone(&p, &offset))
			return false;
	}
	if (*p || mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 || s > 60)
		return false;
	*wall = (days_of(y, mo, d) * 86400 + h * 3600 + mi * 60 + s - offset) * SECOND + fraction;
	return true;
}

void
when_http(struct buf *b, int64_t wall)
{
	static const char *const day[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const month[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
		"Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t t = (time_t)(wall / SECOND);
	struct tm tm;
	if (gmtime_r(&t, &tm)) /* by hand: strftime's names follow the locale */
		buf_fmt(b, "%s, %02d %s %d %02d:%02d:%02d GMT", day[tm.tm_wday], tm.tm_mday, month[tm.tm_mon],
			tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
