#include "http/ratelimit_header.h"

#include <string.h>

#include "base/clock.h"

enum { NONE = -1, NUMBER_MAX = 1000000000 };

/* A member of the list: its parameters, NONE where they are missing. */
struct member {
	int64_t r, t, q, w;
	bool requests; /* qu is "requests" or missing */
};

struct cursor {
	const char *p, *end;
};

static bool
take(struct cursor *c, char want)
{
	if (c->p >= c->end || *c->p != want)
		return false;
	c->p++;
	return true;
}

static void
skip_space(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t'))
		c->p++;
}

static bool
is_key(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("_-.*", c);
}

static bool
is_token(char c)
{
	return is_key(c) || (c >= 'A' && c <= 'Z') || strchr("!#$%&'+^`|~:/", c);
}

static struct span
run_of(struct cursor *c, bool (*is)(char))
{
	const char *start = c->p;
	while (c->p < c->end && *c->p && is(*c->p))
		c->p++;
	return (struct span){start, (size_t)(c->p - start)};
}

static bool
string(struct cursor *c, struct span *out)
{
	const char *start = c->p;
	for (; c->p < c->end && *c->p != '"'; c->p++)
		if ((unsigned char)*c->p < ' ' || (*c->p == '\\' && ++c->p >= c->end))
			return false;
	*out = (struct span){start, (size_t)(c->p - start)};
	return take(c, '"');
}

/*
 * Read a bare item: a string, bytes, a token or a number. *number is NONE
 * unless it is a whole number from 0 on.
 */
static bool
bare_item(struct cursor *c, struct span *text, int64_t *number)
{
	*number = NONE;
	if (take(c, '"'))
		return string(c, text);
	if (take(c, ':')) {
		const char *end = memchr(c->p, ':', (size_t)(c->end - c->p));
		if (end)
			c->p = end + 1;
		*text = (struct span){"", 0};
		return end != NULL;
	}
	take(c, '?');
	*text = run_of(c, is_token);
	int64_t n = 0;
	for (size_t i = 0; i < text->n; i++) {
		if (text->p[i] < '0' || text->p[i] > '9')
			return true;
		n = n > NUMBER_MAX ? n : n * 10 + (text->p[i] - '0');
	}
	*number = n > NUMBER_MAX ? NUMBER_MAX : n;
	return text->n > 0;
}

static bool
parameters(struct cursor *c, struct member *m)
{
	while (take(c, ';')) {
		struct span value = {"", 0};
		int64_t n = NONE;
		skip_space(c);
		struct span key = run_of(c, is_key);
		if (!key.n || (take(c, '=') && !bare_item(c, &value, &n)))
			return false;
		if (span_is(key, "r"))
			m->r = n;
		else if (span_is(key, "t"))
			m->t = n;
		else if (span_is(key, "q"))
			m->q = n;
		else if (span_is(key, "w"))
			m->w = n;
		else if (span_is(key, "qu"))
			m->requests = span_is(value, "requests");
	}
	return true;
}

/* Read the next member. Return false at the end; set *bad if the field is malformed. */
static bool
next(struct cursor *c, bool first, struct member *m, bool *bad)
{
	struct span name;
	int64_t n;
	*m = (struct member){NONE, NONE, NONE, NONE, true};
	skip_space(c);
	if (c->p == c->end)
		return false;
	if (!first) {
		*bad = !take(c, ',');
		skip_space(c);
	}
	*bad = *bad || !bare_item(c, &name, &n) || !parameters(c, m);
	return !*bad;
}

bool
ratelimit_left(struct span field, int64_t *left, int64_t *reset)
{
	struct cursor c = {field.p, field.p + field.n};
	struct member m;
	bool bad = false, found = false;
	for (bool first = true; next(&c, first, &m, &bad); first = false)
		if (m.r >= 0 && m.t >= 0 && (!found || m.r < *left)) {
			*left = m.r;
			*reset = m.t * SECOND;
			found = true;
		}
	return found && !bad;
}

bool
ratelimit_policy(struct span field, double *rate, double *burst)
{
	struct cursor c = {field.p, field.p + field.n};
	struct member m;
	bool bad = false, found = false;
	for (bool first = true; next(&c, first, &m, &bad); first = false)
		if (m.q > 0 && m.w > 0 && m.requests &&
		    (!found || (double)m.q / (double)m.w < *rate)) {
			*rate = (double)m.q / (double)m.w;
			*burst = (double)m.q;
			found = true;
		}
	return found && !bad;
}
