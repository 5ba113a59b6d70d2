/* The scanner, which checks JSON. Reading checked text is in read.c, writing in write.c. */
#include "base/utf8.h"
#include "json/json.h"

#include <stdint.h>
#include <string.h>

#include "json/char.h"

enum { DEPTH_MAX = 512 };

static const char too_deep[] = "nested too deep", lone_surrogate[] = "lone surrogate in string";

/* State of a scan; why is set once and ends it. */
struct scan {
	const char *p, *end, *why;
	bool loose; /* a surrogate may stand alone */

	struct span key;        /* the last member's name */
	struct json_pick *want; /* of the outermost object */
	size_t want_n;
};

static bool
fail(struct scan *s, const char *why)
{
	s->why = why;
	return false;
}

static bool
scan_escape(struct scan *s)
{
	s->p++; /* the backslash */
	if (s->p >= s->end)
		return fail(s, "string without end");
	if (*s->p != 'u') {
		if (!memchr("\"\\/bfnrt", *s->p, 8))
			return fail(s, "unknown escape in string");
		s->p++;
		return true;
	}
	int u = hex4(s->p + 1, s->end);
	if (u < 0)
		return fail(s, "\\u needs four hex digits");
	s->p += 5;
	if (u < 0xd800 || u >= 0xe000)
		return true;
	if (u < 0xdc00 && low_surrogate(s->p, s->end) >= 0)
		s->p += 6;
	else if (!s->loose)
		return fail(s, lone_surrogate);
	return true;
}

/* 1: a byte that may be in a string as it is */
static const unsigned char plain[256] = {
#define R16(v) v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v
	[0x20] = 1,
	1,
	0 /* " */,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	[0x30] = R16(1),
	[0x40] = R16(1),
	[0x50] = 1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	1,
	0 /* \ */,
	1,
	1,
	1,
	[0x60] = R16(1),
	[0x70] = R16(1),
#undef R16
};

static bool
scan_string(struct scan *s)
{
	s->p++; /* the quote */
	for (;;) {
		while (s->end - s->p >= 8 && eight_plain(s->p))
			s->p += 8;
		while (s->p < s->end && plain[(unsigned char)*s->p])
			s->p++;
		if (s->p >= s->end)
			return fail(s, "string without end");
		unsigned char c = (unsigned char)*s->p;
		if (c == '"') {
			s->p++;
			return true;
		}
		if (c == '\\') {
			if (!scan_escape(s))
				return false;
			continue;
		}
		if (c < 0x20)
			return fail(s, "control character in string");
		size_t n = utf8_length(s->p, (size_t)(s->end - s->p));
		if (n == 0)
			return fail(s, "not UTF-8");
		s->p += n;
	}
}

static bool
scan_digits(struct scan *s)
{
	if (s->p >= s->end || !is_digit(*s->p))
		return fail(s, "bad number");
	while (s->p < s->end && is_digit(*s->p))
		s->p++;
	return true;
}

static bool
scan_number(struct scan *s)
{
	if (*s->p == '-')
		s->p++;
	if (s->p < s->end && *s->p == '0')
		s->p++;
	else if (!scan_digits(s))
		return false;
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (!scan_digits(s))
			return false;
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		return scan_digits(s);
	}
	return true;
}

static bool
scan_word(struct scan *s, const char *word)
{
	size_t n = strlen(word);
	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return fail(s, "not a JSON value");
	s->p += n;
	return true;
}

static bool
scan_scalar(struct scan *s)
{
	switch (*s->p) {
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		if (*s->p == '-' || is_digit(*s->p))
			return scan_number(s);
		return fail(s, "not a JSON value");
	}
}

/* Scan a member's name and colon. */
static bool
scan_key(struct scan *s)
{
	s->p = skip_space(s->p, s->end);
	if (s->p >= s->end || *s->p != '"')
		return fail(s, "expected a member name in double quotes");
	const char *start = s->p + 1;
	if (!scan_string(s))
		return false;
	s->key = (struct span){start, (size_t)(s->p - start) - 1};
	s->p = skip_space(s->p, s->end);
	if (s->p >= s->end || *s->p != ':')
		return fail(s, "expected ':'");
	s->p++;
	return true;
}

/* Scan one value without recursion. One bit for each level is set for an object. */
static bool
scan_value(struct scan *s)
{
	uint64_t object[DEPTH_MAX / 64] = {0};
	struct span outer = {0};  /* the name of the outermost object's last member */
	const char *value = s->p; /* and its value */
	size_t depth = 0;
	for (;;) {
		s->p = skip_space(s->p, s->end);
		if (s->p >= s->end)
			return fail(s, "ends too early");
		if (depth == 1) {
			outer = s->key;
			value = s->p;
		}
		if (*s->p == '{' || *s->p == '[') {
			bool is_object = *s->p == '{';
			if (depth == DEPTH_MAX)
				return fail(s, too_deep);
			if (is_object)
				object[depth / 64] |= (uint64_t)1 << depth % 64;
			else
				object[depth / 64] &= ~((uint64_t)1 << depth % 64);
			depth++;
			s->p = skip_space(s->p + 1, s->end);
			if (s->p >= s->end || *s->p != (is_object ? '}' : ']')) {
				if (is_object && !scan_key(s))
					return false;
				continue;
			}
			s->p++;
			depth--;
		} else if (!scan_scalar(s)) {
			return false;
		}
		/* a value has ended: close what it completes, or go on to the next element */
		for (;;) {
			if (depth == 0)
				return true;
			bool in_object = object[(depth - 1) / 64] >> (depth - 1) % 64 & 1;
			if (depth == 1 && in_object && s->want_n)
				pick_note(s->want, s->want_n, outer,
					  (struct span){value, (size_t)(s->p - value)});
			s->p = skip_space(s->p, s->end);
			if (s->p >= s->end)
				return fail(s, "ends too early");
			if (*s->p == ',') {
				s->p++;
				if (in_object && !scan_key(s))
					return false;
				break;
			}
			if (*s->p != (in_object ? '}' : ']'))
				return fail(s, in_object ? "expected ',' or '}'"
							 : "expected ',' or ']'");
			s->p++;
			depth--;
		}
	}
}

static const char *
finish(struct scan *s, struct span text, size_t *at)
{
	if (scan_value(s)) {
		s->p = skip_space(s->p, s->end);
		if (s->p < s->end)
			fail(s, "text after the JSON value");
	}
	if (at)
		*at = (size_t)(s->p - text.p);
	return s->why;
}

static const char *
check(struct span text, size_t *at, bool loose)
{
	struct scan s = {text.p, text.p + text.n, .loose = loose};
	return finish(&s, text, at);
}

const char *
json_check_pick(struct span text, size_t *at, struct json_pick *want, size_t n)
{
	struct scan s = {text.p, text.p + text.n, .want = want, .want_n = n};
	for (size_t i = 0; i < n; i++) {
		want[i].value = (struct span){0};
		want[i].found = 0;
	}
	return finish(&s, text, at);
}

const char *
json_check(struct span text, size_t *at)
{
	return check(text, at, false);
}

const char *
json_check_loose(struct span text, size_t *at)
{
	return check(text, at, true);
}

bool
json_is_limit(const char *why)
{
	return why == too_deep || why == lone_surrogate;
}
