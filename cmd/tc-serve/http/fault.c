#include "http/fault.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"

static const char *const names[FAULT_COUNT] = {
	[FAULT_STATUS_500] = "status-500",
	[FAULT_STATUS_503] = "status-503",
	[FAULT_DROP_BEFORE] = "drop-before",
	[FAULT_HTML] = "html",
	[FAULT_STATUS_500_AFTER] = "status-500-after",
	[FAULT_DROP_AFTER] = "drop-after",
	[FAULT_TRUNCATE] = "truncate",
	[FAULT_MALFORMED] = "malformed",
	[FAULT_SLOW] = "slow",
	[FAULT_SLOW_TO_START] = "slow-to-start",
};

static bool
named(struct span name, double p, struct faults *f)
{
	for (size_t i = 1; i < FAULT_COUNT; i++)
		if (span_is(name, names[i])) {
			f->p[i] = p;
			return true;
		}
	return false;
}

const char *
fault_parse(struct faults *f, const char *text)
{
	while (*text) {
		const char *eq = strchr(text, '=');
		if (!eq)
			return "a fault looks like drop-after=0.1";
		char *end;
		double p = strtod(eq + 1, &end);
		if (end == eq + 1 || (*end && *end != ',') || !(p >= 0 && p <= 1))
			return "the chance of a fault is a number from 0 to 1";
		if (!named((struct span){text, (size_t)(eq - text)}, p, f))
			return "the faults are status-500 status-503 status-500-after drop-before drop-after"
			       " truncate html malformed slow slow-to-start";
		text = *end ? end + 1 : end;
	}
	return NULL;
}

const char *
fault_on(struct faults *f, const char *text)
{
	bool all = strcmp(text, "all") == 0;
	f->on[CALL_CREATE] = all || strcmp(text, "create") == 0;
	f->on[CALL_GET] = all || strcmp(text, "get") == 0;
	f->on[CALL_OTHER] = all;
	return f->on[CALL_CREATE] || f->on[CALL_GET] ? NULL : "expected create, get or all";
}

void
fault_seed(struct faults *f, uint64_t seed)
{
	f->state = seed;
}

/* splitmix64 (Steele, Lea and Flood, 2014), as a number in [0, 1). */
static double
chance(struct faults *f)
{
	uint64_t z = (f->state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

enum fault
fault_draw(struct faults *f, enum call_kind kind)
{
	if (!f->on[kind])
		return FAULT_NONE;
	for (size_t i = 1; i < FAULT_COUNT; i++)
		if (f->p[i] > 0 && chance(f) < f->p[i])
			return (enum fault)i;
	return FAULT_NONE;
}

long
rate_take(struct rate *r, int64_t now)
{
	if (r->per_second <= 0)
		return 0;
	double full = r->burst > 0 ? r->burst : r->per_second > 1 ? r->per_second : 1;
	double more = r->last ? (double)(now - r->last) / SECOND * r->per_second : full;
	r->last = now;
	r->tokens = r->tokens + more > full ? full : r->tokens + more;
	if (r->tokens >= 1) {
		r->tokens -= 1;
		return 0;
	}
	double wait = (1 - r->tokens) / r->per_second;
	return (long)wait + (wait > (double)(long)wait);
}
