/* HTTP dates (RFC 9110, 5.6.7). Strict: curl_getdate(3) reads "2024" and "now" as dates, too. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/date.h"

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
				     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
				   "Thursday", "Friday", "Saturday"};

/* The fields of a date as they are read. */
struct http_date {
	const char *p;
	int year, month, day, hour, minute, second;
};

static bool
literal(struct http_date *d, const char *text)
{
	size_t n = strlen(text);
	if (strncmp(d->p, text, n) != 0)
		return false;
	d->p += n;
	return true;
}

/* Read exactly n digits; a leading space counts as 0, as asctime pads. */
static bool
date_digits(struct http_date *d, int n, int *out)
{
	*out = 0;
	for (int i = 0; i < n; i++, d->p++) {
		if (*d->p == ' ' && i == 0 && n == 2)
			continue;
		if (*d->p < '0' || *d->p > '9')
			return false;
		*out = *out * 10 + (*d->p - '0');
	}
	return true;
}

static bool
month(struct http_date *d)
{
	for (int i = 0; i < 12; i++)
		if (literal(d, months[i])) {
			d->month = i + 1;
			return true;
		}
	return false;
}

static bool
time_of_day(struct http_date *d)
{
	return date_digits(d, 2, &d->hour) && literal(d, ":") && date_digits(d, 2, &d->minute) &&
	       literal(d, ":") && date_digits(d, 2, &d->second) && d->hour < 24 && d->minute < 60 &&
	       d->second <= 60;
}

/* Read a weekday: its first three letters, or all of it. */
static bool
weekday(struct http_date *d, bool whole)
{
	for (int i = 0; i < 7; i++) {
		size_t n = whole ? strlen(days[i]) : 3;
		if (strncmp(d->p, days[i], n) == 0) {
			d->p += n;
			return true;
		}
	}
	return false;
}

static bool
imf_fixdate(struct http_date *d)
{
	return weekday(d, false) && literal(d, ", ") && date_digits(d, 2, &d->day) &&
	       literal(d, " ") && month(d) && literal(d, " ") && date_digits(d, 4, &d->year) &&
	       literal(d, " ") && time_of_day(d) && literal(d, " GMT");
}

/*
 * Return the year that two digits mean: one more than 50 years ahead is in the
 * last century (RFC 9110, 5.6.7).
 */
static bool
rfc850_date(struct http_date *d, int64_t wall_now)
{
	if (!(weekday(d, true) && literal(d, ", ") && date_digits(d, 2, &d->day) &&
	      literal(d, "-") && month(d) && literal(d, "-") && date_digits(d, 2, &d->year) &&
	      literal(d, " ") && time_of_day(d) && literal(d, " GMT")))
		return false;
	int this_year = 1970 + (int)(wall_now / SECOND / 31556952);
	d->year += this_year / 100 * 100;
	if (d->year > this_year + 50)
		d->year -= 100;
	return true;
}

static bool
asctime_date(struct http_date *d)
{
	return weekday(d, false) && literal(d, " ") && month(d) && literal(d, " ") &&
	       date_digits(d, 2, &d->day) && literal(d, " ") && time_of_day(d) && literal(d, " ") &&
	       date_digits(d, 4, &d->year);
}

int64_t
date_parse_http(struct span value, int64_t wall_now)
{
	char *text = mem_dup(value);
	int64_t out = -1;
	for (int form = 0; form < 3 && out < 0; form++) {
		struct http_date d = {.p = text};
		bool ok = form == 0   ? imf_fixdate(&d)
			  : form == 1 ? rfc850_date(&d, wall_now)
				      : asctime_date(&d);
		if (ok && !*d.p && d.day >= 1 && d.day <= 31 && d.year >= 1970)
			out = ((date_days(d.year, d.month, d.day) * 24 + d.hour) * 3600 +
			       d.minute * 60 + d.second) *
			      SECOND;
	}
	free(text);
	return out;
}

void
date_http(struct buf *b, int64_t wall)
{
	static const char *const day[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const month[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t t = (time_t)(wall / SECOND);
	struct tm tm;
	if (gmtime_r(&t, &tm)) /* by hand: strftime's names follow the locale */
		buf_fmt(b, "%s, %02d %s %d %02d:%02d:%02d GMT", day[tm.tm_wday], tm.tm_mday,
			month[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
