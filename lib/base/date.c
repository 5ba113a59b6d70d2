#include "base/date.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"

enum { DATE_LONG = sizeof "2026-02-28" - 1 };

void
date_rfc3339(struct buf *b, int64_t wall)
{
	time_t s = (time_t)(wall / SECOND);
	struct tm tm;
	char text[64];
	if (gmtime_r(&s, &tm) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm))
		buf_str(b, text);
}

void
date_rfc3339_ms(struct buf *b, int64_t wall)
{
	date_rfc3339(b, wall);
	if (b->n && b->p[b->n - 1] == 'Z') {
		b->n--;
		buf_fmt(b, ".%03dZ", (int)(wall % SECOND / MILLISECOND));
	}
}

int64_t
date_days(int64_t y, int m, int d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* Read exactly `width` digits and move *p past them. */
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

static bool
zone(const char **p, int64_t *seconds)
{
	int h = 0, m = 0, sign = **p == '-' ? -1 : 1;
	*seconds = 0;
	if (!**p || skip(p, 'Z') || skip(p, 'z'))
		return true;
	/* a '+' that was not escaped in a query arrives as a space */
	if (!skip(p, '+') && !skip(p, '-') && !skip(p, ' '))
		return false;
	if (!digits(p, 2, &h) || !skip(p, ':') || !digits(p, 2, &m) || h > 23 || m > 59)
		return false;
	*seconds = sign * (h * 3600 + m * 60);
	return true;
}

bool
date_parse(const char *p, int64_t *wall)
{
	int y, mo, d, h = 0, mi = 0, s = 0;
	int64_t fraction = 0, offset = 0;
	if (!digits(&p, 4, &y) || !skip(&p, '-') || !digits(&p, 2, &mo) || !skip(&p, '-') ||
	    !digits(&p, 2, &d))
		return false;
	if (*p) {
		if (!skip(&p, 'T') && !skip(&p, 't') && !skip(&p, ' '))
			return false;
		if (!digits(&p, 2, &h) || !skip(&p, ':') || !digits(&p, 2, &mi) || !skip(&p, ':') ||
		    !digits(&p, 2, &s))
			return false;
		if (skip(&p, '.'))
			for (int64_t unit = SECOND / 10; *p >= '0' && *p <= '9'; p++, unit /= 10)
				fraction += unit * (*p - '0');
		if (!zone(&p, &offset))
			return false;
	}
	if (*p || mo < 1 || mo > 12 || d < 1 || h > 23 || mi > 59 || s > 60 ||
	    d > date_days(y + mo / 12, mo % 12 + 1, 1) - date_days(y, mo, 1))
		return false;
	*wall = (date_days(y, mo, d) * 86400 + h * 3600 + mi * 60 + s - offset) * SECOND + fraction;
	return true;
}

bool
date_is_local(const char *text)
{
	size_t n = strlen(text);
	return n > DATE_LONG && !strchr("Zz", text[n - 1]) && !strpbrk(text + DATE_LONG + 1, "+- ");
}
