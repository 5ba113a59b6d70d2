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
	[FAULT_PUT_423] = "status-423",
	[FAULT_PUT_460] = "status-460",
	[FAULT_PUT_503] = "status-503",
	[FAULT_PUT_507] = "status-507",
	[FAULT_PUT_403] = "status-403",
	[FAULT_PUT_RESET] = "reset",
	[FAULT_PUT_STALL] = "stall",
	[FAULT_PUT_SLOW] = "slow",
	[FAULT_PUT_ERROR_200] = "error-200",
	[FAULT_PUT_LOST_200] = "lost-200",
	[FAULT_FILE_403] = "status-403",
	[FAULT_FILE_404] = "status-404",
	[FAULT_FILE_503] = "status-503",
	[FAULT_FILE_507] = "status-507",
	[FAULT_FILE_REDIRECT] = "redirect",
	[FAULT_FILE_REDIRECT_FILE] = "redirect-file",
	[FAULT_FILE_RESET] = "reset",
	[FAULT_FILE_STALL] = "stall",
	[FAULT_FILE_SLOW] = "slow",
	[FAULT_FILE_TRUNCATE] = "truncate",
	[FAULT_FILE_SHORT] = "short",
	[FAULT_FILE_WRONG] = "wrong",
	[FAULT_FILE_GZIP] = "gzip",
};

static bool
named(struct span name, double p, struct faults *f)
{
	bool known = false;
	for (size_t i = 1; i < FAULT_COUNT; i++)
		if (span_is(name, names[i])) { /* a name may mean one fault of each kind */
			f->p[i] = p;
			known = true;
		}
	return known;
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
			return "the faults are status-500 status-503 status-500-after drop-before "
			       "drop-after"
			       " truncate html malformed slow slow-to-start, and of --fault-on put "
			       "reset stall slow status-403"
			       " status-423 status-460 status-503 status-507 error-200 lost-200, "
			       "and of downloads with --fault-on get reset stall slow truncate "
			       "short wrong gzip "
			       "redirect redirect-file status-403 status-404 status-503 status-507";
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
	f->on_file = strcmp(text, "get") == 0;
	f->on_put = strcmp(text, "put") == 0;
	return f->on[CALL_CREATE] || f->on[CALL_GET] || f->on_put
		       ? NULL
		       : "expected create, get, put or all";
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

static enum fault
draw(struct faults *f, enum fault first, enum fault last)
{
	for (int i = (int)first; i <= (int)last; i++)
		if (f->p[i] > 0 && chance(f) < f->p[i])
			return (enum fault)i;
	return FAULT_NONE;
}

enum fault
fault_draw(struct faults *f, enum call_kind kind)
{
	return f->on[kind] ? draw(f, FAULT_STATUS_500, FAULT_LAST_API) : FAULT_NONE;
}

enum fault
fault_draw_put(struct faults *f)
{
	return f->on_put ? draw(f, FAULT_PUT_423, FAULT_PUT_SLOW) : FAULT_NONE;
}

enum fault
fault_draw_complete(struct faults *f)
{
	return f->on_put ? draw(f, FAULT_PUT_ERROR_200, FAULT_PUT_LOST_200) : FAULT_NONE;
}

enum fault
fault_draw_file(struct faults *f)
{
	return f->on_file ? draw(f, FAULT_FILE_403, FAULT_FILE_GZIP) : FAULT_NONE;
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
