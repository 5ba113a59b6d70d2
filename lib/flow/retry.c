#include "flow/retry.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/space.h"

/*
 * What each status of 4xx and 5xx means. 520 to 530 are from Cloudflare's edge
 * ("Cloudflare 5xx errors" in its documentation); what failed there before the
 * request was passed on did not reach the origin.
 */
static const struct {
	int status;
	unsigned flags;
} statuses[] = {
	{408, RETRY_TRANSIENT}, /* RFC 9110, 15.5.9: request timeout */
	{425, RETRY_TRANSIENT}, /* RFC 8470, 5.2: too early */
	{429, RETRY_TRANSIENT}, /* RFC 6585, 4: too many requests */
	{500, RETRY_TRANSIENT}, /* RFC 9110, 15.6.1 */
	{501, RETRY_UNREACHED}, /* RFC 9110, 15.6.2: the method is not known */
	{502, RETRY_TRANSIENT}, /* RFC 9110, 15.6.3: bad gateway */
	{503, RETRY_TRANSIENT}, /* RFC 9110, 15.6.4: unavailable */
	{504, RETRY_TRANSIENT}, /* RFC 9110, 15.6.5: gateway timeout */
	{505, RETRY_UNREACHED}, /* RFC 9110, 15.6.6: the version is not known */
	{507, RETRY_TRANSIENT}, /* RFC 4918, 11.5: no room, "considered to be temporary" */
	{511, RETRY_TRANSIENT}, /* RFC 6585, 6: from a captive portal, not the service */
	{520, RETRY_TRANSIENT}, /* Cloudflare: the origin's answer was empty or unexpected */
	{521, RETRY_TRANSIENT | RETRY_UNREACHED}, /* the origin refuses connections */
	{522, RETRY_TRANSIENT}, /* connection timed out, before or after it was made */
	{523, RETRY_TRANSIENT | RETRY_UNREACHED}, /* no route to the origin */
	{524, RETRY_TRANSIENT},                   /* connected, but no answer in time */
	{525, RETRY_TRANSIENT | RETRY_UNREACHED}, /* TLS handshake failed */
	{526, RETRY_TRANSIENT | RETRY_UNREACHED}, /* the origin's certificate is invalid */
	{527, RETRY_TRANSIENT},                   /* Railgun, of before 2024 */
	{529, RETRY_TRANSIENT},                   /* overloaded: Anthropic, Qualys */
	{530, RETRY_TRANSIENT | RETRY_UNREACHED}, /* Cloudflare: the origin's name does not resolve,
						     and other 1xxx errors */
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

/* Of retry_chance(); 0: not seeded yet. */
static uint64_t state;

void
retry_seed(uint64_t seed)
{
	state = seed;
}

double
retry_chance(void)
{
	uint64_t x = state;
	if (!x)
		x = ((uint64_t)clock_wall() << 20 ^ (uint64_t)getpid() << 40 ^
		     (uint64_t)clock_now()) |
		    1;
	/* xorshift64*: Vigna, 2016 */
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	state = x;
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

int64_t
retry_after(struct span v, int64_t wall_now, int64_t server_now)
{
	const int64_t most = 10 * 365 * 86400 * SECOND;
	v = span_trim(v);
	if (v.n == 0)
		return -1;
	int64_t s = 0;
	size_t i = 0;
	for (; i < v.n && v.p[i] >= '0' && v.p[i] <= '9'; i++)
		if (s < most)
			s = s * 10 + (v.p[i] - '0');
	if (i == v.n)
		return s >= most / SECOND ? most : s * SECOND;
	int64_t at = date_parse_http(v, wall_now), base = server_now ? server_now : wall_now;
	if (at < 0)
		return -1;
	return at <= base ? 0 : at - base > most ? most : at - base;
}
