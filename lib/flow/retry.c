#include "flow/retry.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"

/*
 * What each status of 4xx and 5xx means. 520 to 530 are from Cloudflare's edge
 * ("Cloudflare 5xx errors" in its documentation); what failed there before the
 * request was passed on did not reach the origin.
 */
static const struct {
	int status;
	unsigned flags;
} statuses[] = {
	{408, RETRY_TRANSIENT},                   /* RFC 9110, 15.5.9: request timeout */
	{425, RETRY_TRANSIENT},                   /* RFC 8470, 5.2: too early */
	{429, RETRY_TRANSIENT},                   /* RFC 6585, 4: too many requests */
	{500, RETRY_TRANSIENT},                   /* RFC 9110, 15.6.1 */
	{501, RETRY_UNREACHED},                   /* RFC 9110, 15.6.2: the method is not known */
	{502, RETRY_TRANSIENT},                   /* RFC 9110, 15.6.3: bad gateway */
	{503, RETRY_TRANSIENT},                   /* RFC 9110, 15.6.4: unavailable */
	{504, RETRY_TRANSIENT},                   /* RFC 9110, 15.6.5: gateway timeout */
	{505, RETRY_UNREACHED},                   /* RFC 9110, 15.6.6: the version is not known */
	{507, RETRY_TRANSIENT},                   /* RFC 4918, 11.5: no room, "considered to be temporary" */
	{511, RETRY_TRANSIENT},                   /* RFC 6585, 6: of a captive portal, not of the service */
	{520, RETRY_TRANSIENT},                   /* Cloudflare: the origin's answer was empty or unexpected */
	{521, RETRY_TRANSIENT | RETRY_UNREACHED}, /* the origin refuses connections */
	{522, RETRY_TRANSIENT},                   /* connection timed out, also once it was made */
	{523, RETRY_TRANSIENT | RETRY_UNREACHED}, /* no route to the origin */
	{524, RETRY_TRANSIENT},                   /* connected, but no answer in time */
	{525, RETRY_TRANSIENT | RETRY_UNREACHED}, /* TLS handshake failed */
	{526, RETRY_TRANSIENT | RETRY_UNREACHED}, /* the origin's certificate is invalid */
	{527, RETRY_TRANSIENT},                   /* Railgun, of before 2024 */
	{529, RETRY_TRANSIENT},                   /* overloaded: Anthropic, Qualys */
	{530, RETRY_TRANSIENT | RETRY_UNREACHED}, /* Cloudflare: the origin's name does not resolve, and other 1xxx errors */
	{598, RETRY_TRANSIENT},                   /* proxies: network read timeout; in no RFC */
	{599, RETRY_TRANSIENT},                   /* proxies: network connect timeout; in no RFC */
};

unsigned
retry_status(int status)
{
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		if (status == statuses[i].status)
			return statuses[i].flags;
	return 0;
}

bool
retry_transient(int status)
{
	return retry_status(status) & RETRY_TRANSIENT;
}

double
retry_chance(void)
{
	static uint64_t x;
	if (!x)
		x = ((uint64_t)clock_wall() << 20 ^ (uint64_t)getpid() << 40 ^ (uint64_t)clock_now()) | 1;
	/* xorshift64*: Vigna, 2016 */
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	return (double)((x * 0x2545f4914f6cdd1dULL) >> 11) / 9007199254740992.0;
}

int64_t
retry_backoff(unsigned n, int64_t base, int64_t cap, double chance)
{
	double most = (double)base;
	while (n-- && most < (double)cap)
		most *= 2;
	if (most > (double)cap)
		most = (double)cap;
	return (int64_t)(chance * most);
}

int64_t
retry_wait(int64_t own, int64_t asked, double chance)
{
	if (asked < 0)
		return own;
	int64_t spread = asked / 5 < 30 * SECOND ? asked / 5 : 30 * SECOND;
	return (own > asked ? own : asked) + (int64_t)(chance * (double)spread);
}

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char *const days[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

/* The fields of a date as they are read. */
struct date {
	const char *p;
	int year, month, day, hour, minute, second;
};

static bool
literal(struct date *d, const char *text)
{
	size_t n = strlen(text);
	if (strncmp(d->p, text, n) != 0)
		return false;
	d->p += n;
	return true;
}

/* Exactly n digits (a leading space counts as 0 where asctime pads). */
static bool
digits(struct date *d, int n, int *out)
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
month(struct date *d)
{
	for (int i = 0; i < 12; i++)
		if (literal(d, months[i])) {
			d->month = i + 1;
			return true;
		}
	return false;
}

static bool
time_of_day(struct date *d)
{
	return digits(d, 2, &d->hour) && literal(d, ":") && digits(d, 2, &d->minute) && literal(d, ":") &&
	       digits(d, 2, &d->second) && d->hour < 24 && d->minute < 60 && d->second <= 60;
}

/* A weekday: its first three letters, or all of it. */
static bool
weekday(struct date *d, bool whole)
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
imf_fixdate(struct date *d)
{
	return weekday(d, false) && literal(d, ", ") && digits(d, 2, &d->day) && literal(d, " ") && month(d) &&
	       literal(d, " ") && digits(d, 4, &d->year) && literal(d, " ") && time_of_day(d) && literal(d, " GMT");
}

/* A year of two digits more than 50 years ahead is in the last century: RFC 9110, 5.6.7. */
static bool
rfc850_date(struct date *d, int64_t wall_now)
{
	if (!(weekday(d, true) && literal(d, ", ") && digits(d, 2, &d->day) && literal(d, "-") && month(d) &&
	      literal(d, "-") && digits(d, 2, &d->year) && literal(d, " ") && time_of_day(d) && literal(d, " GMT")))
		return false;
	int this_year = 1970 + (int)(wall_now / SECOND / 31556952);
	d->year += this_year / 100 * 100;
	if (d->year > this_year + 50)
		d->year -= 100;
	return true;
}

static bool
asctime_date(struct date *d)
{
	return weekday(d, false) && literal(d, " ") && month(d) && literal(d, " ") && digits(d, 2, &d->day) &&
	       literal(d, " ") && time_of_day(d) && literal(d, " ") && digits(d, 4, &d->year);
}

int64_t
retry_http_date(struct span value, int64_t wall_now)
{
	char *text = mem_dup(value);
	int64_t out = -1;
	for (int form = 0; form < 3 && out < 0; form++) {
		struct date d = {.p = text};
		bool ok = form == 0 ? imf_fixdate(&d) : form == 1 ? rfc850_date(&d, wall_now) : asctime_date(&d);
		if (ok && !*d.p && d.day >= 1 && d.day <= 31 && d.year >= 1970)
			out = ((date_days(d.year, d.month, d.day) * 24 + d.hour) * 3600 + d.minute * 60 + d.second) * SECOND;
	}
	free(text);
	return out;
}

int64_t
retry_after(struct span v, int64_t wall_now, int64_t server_now)
{
	const int64_t most = 10 * 365 * 86400 * SECOND;
	while (v.n && (*v.p == ' ' || *v.p == '\t'))
		v.p++, v.n--;
	while (v.n && (v.p[v.n - 1] == ' ' || v.p[v.n - 1] == '\t'))
		v.n--;
	if (v.n == 0)
		return -1;
	int64_t s = 0;
	size_t i = 0;
	for (; i < v.n && v.p[i] >= '0' && v.p[i] <= '9'; i++)
		if (s < most)
			s = s * 10 + (v.p[i] - '0');
	if (i == v.n)
		return s >= most / SECOND ? most : s * SECOND;
	int64_t at = retry_http_date(v, wall_now), base = server_now ? server_now : wall_now;
	if (at < 0)
		return -1;
	return at <= base ? 0 : at - base > most ? most : at - base;
}
