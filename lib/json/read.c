/* Reading checked JSON: members, elements, strings, numbers. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json/char.h"
#include "json/json.h"

enum json_type
json_type(struct span v)
{
	if (!v.n)
		return JSON_NONE;
	const char *end = v.p + v.n, *p = skip_space(v.p, end);
	if (p == end)
		return JSON_NONE;
	switch (*p) {
	case '{':
		return JSON_OBJECT;
	case '[':
		return JSON_ARRAY;
	case '"':
		return JSON_STRING;
	case 't':
		return JSON_TRUE;
	case 'f':
		return JSON_FALSE;
	case 'n':
		return JSON_NULL;
	default:
		return JSON_NUMBER;
	}
}

struct span
json_body(struct span v)
{
	static const char mark[] = "\xef\xbb\xbf";
	v = span_trim(v);
	if (v.n >= 3 && memcmp(v.p, mark, 3) == 0)
		v = span_trim((struct span){v.p + 3, v.n - 3});
	return v;
}

/*
 * Return the end of the string at p (checked text): after the first quote with
 * an even number of backslashes before it.
 */
static const char *
past_string(const char *p, const char *end)
{
	const char *start = ++p;
	for (;; p++) {
		p = memchr(p, '"', (size_t)(end - p));
		const char *back = p;
		while (back > start && back[-1] == '\\')
			back--;
		if ((p - back) % 2 == 0)
			return p + 1;
	}
}

/* Return the end of the value at p (checked text). */
static const char *
past_value(const char *p, const char *end)
{
	size_t depth = 0;
	do {
		switch (*p) {
		case '"':
			p = past_string(p, end);
			break;
		case '{':
		case '[':
			depth++;
			p++;
			break;
		case '}':
		case ']':
			depth--;
			p++;
			break;
		default:
			p++;
			if (depth == 0)
				while (p < end && *p != ',' && *p != '}' && *p != ']' &&
				       !is_space(*p))
					p++;
		}
	} while (depth && p < end);
	return p;
}

struct json_iter
json_each(struct span v)
{
	v = span_trim(v);
	enum json_type t = json_type(v);
	if (t != JSON_OBJECT && t != JSON_ARRAY)
		return (struct json_iter){v.p, v.p, false};
	return (struct json_iter){v.p + 1, v.p + v.n - 1, t == JSON_OBJECT};
}

bool
json_next(struct json_iter *it, struct span *key, struct span *value)
{
	const char *p = skip_space(it->p, it->end);
	if (p < it->end && *p == ',')
		p = skip_space(p + 1, it->end);
	if (p >= it->end)
		return false;
	*key = (struct span){p, 0};
	if (it->object) {
		const char *q = past_string(p, it->end);
		*key = (struct span){p + 1, (size_t)(q - p) - 2};
		p = skip_space(q, it->end);
		p = skip_space(p + 1, it->end); /* the colon */
	}
	it->p = past_value(p, it->end);
	*value = (struct span){p, (size_t)(it->p - p)};
	return true;
}

/* Return the code point of the escape at *pp, and move *pp past it. */
static unsigned
decode_escape(const char **pp, const char *end)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *p = *pp + 1;
	if (*p != 'u') {
		*pp = p + 1;
		return (unsigned char)to[strchr(from, *p) - from];
	}
	unsigned u = (unsigned)hex4(p + 1, end);
	p += 5;
	int low = u >= 0xd800 && u < 0xdc00 ? low_surrogate(p, end) : -1;
	if (low >= 0) {
		u = 0x10000 + ((u - 0xd800) << 10) + ((unsigned)low - 0xdc00);
		p += 6;
	} else if (u >= 0xd800 && u < 0xe000) {
		u = 0xfffd;
	}
	*pp = p;
	return u;
}

static void
add_utf8(struct buf *b, unsigned u)
{
	if (u < 0x80) {
		buf_ch(b, (char)u);
	} else if (u < 0x800) {
		buf_ch(b, (char)(0xc0 | u >> 6));
		buf_ch(b, (char)(0x80 | (u & 0x3f)));
	} else if (u < 0x10000) {
		buf_ch(b, (char)(0xe0 | u >> 12));
		buf_ch(b, (char)(0x80 | (u >> 6 & 0x3f)));
		buf_ch(b, (char)(0x80 | (u & 0x3f)));
	} else {
		buf_ch(b, (char)(0xf0 | u >> 18));
		buf_ch(b, (char)(0x80 | (u >> 12 & 0x3f)));
		buf_ch(b, (char)(0x80 | (u >> 6 & 0x3f)));
		buf_ch(b, (char)(0x80 | (u & 0x3f)));
	}
}

/* Decode the inside of a string, without its quotes. */
static void
decode_inside(struct buf *out, struct span s)
{
	for (const char *p = s.p, *end = s.p + s.n; p < end;) {
		const char *q = memchr(p, '\\', (size_t)(end - p));
		buf_add(out, p, (size_t)((q ? q : end) - p));
		if (!q)
			break;
		p = q;
		add_utf8(out, decode_escape(&p, end));
	}
}

bool
json_decode(struct buf *out, struct span v)
{
	v = span_trim(v);
	if (json_type(v) != JSON_STRING)
		return false;
	decode_inside(out, (struct span){v.p + 1, v.n - 2});
	return true;
}

char *
json_text(struct span v)
{
	struct buf b = {0};
	if (!json_decode(&b, v) || (b.n && memchr(b.p, '\0', b.n))) {
		buf_free(&b);
		return NULL;
	}
	return buf_take(&b);
}

char *
json_text_of(struct span object, const char *name)
{
	struct span v;
	return json_get(object, name, &v) == 1 ? json_text(v) : NULL;
}

/* A double holds every whole number of this many digits. */
enum { EXACT_DIGITS = 15 };

/* Get a number of digits only: nearly all are. */
static bool
whole_number(struct span v, double *out)
{
	int64_t n = 0;
	for (size_t i = 0; i < v.n; i++) {
		if (i == EXACT_DIGITS || !is_digit(v.p[i]))
			return false;
		n = n * 10 + (v.p[i] - '0');
	}
	*out = (double)n;
	return true;
}

bool
json_number(struct span v, double *out)
{
	v = span_trim(v);
	if (json_type(v) != JSON_NUMBER)
		return false;
	if (whole_number(v, out))
		return true;
	char *s = mem_dup(v); /* strtod() needs a terminator */
	*out = strtod(s, NULL);
	free(s);
	return true;
}

static bool
same(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
key_is(struct span key, struct span name)
{
	if (!memchr(key.p, '\\', key.n))
		return same(key, name);
	struct buf b = {0};
	decode_inside(&b, key);
	bool is = same(buf_all(&b), name);
	buf_free(&b);
	return is;
}

bool
json_key_is(struct span key, const char *name)
{
	return key_is(key, span_of(name));
}

bool
key_same(struct span a, struct span b)
{
	if (same(a, b))
		return true;
	if (!memchr(b.p, '\\', b.n))
		return key_is(a, b);
	struct buf name = {0};
	decode_inside(&name, b);
	bool is = key_is(a, buf_all(&name));
	buf_free(&name);
	return is;
}

void
pick_note(struct json_pick *want, size_t n, struct span key, struct span value)
{
	char first = key.n ? *key.p : '\0';
	for (size_t i = 0; i < n; i++)
		if ((first == *want[i].name || first == '\\') && json_key_is(key, want[i].name)) {
			want[i].value = value;
			want[i].found = want[i].found ? -1 : 1;
		}
}

void
json_pick(struct span object, struct json_pick *want, size_t n)
{
	struct json_iter it = json_each(object);
	struct span key, v;
	for (size_t i = 0; i < n; i++) {
		want[i].value = (struct span){0};
		want[i].found = 0;
	}
	while (it.object && json_next(&it, &key, &v))
		pick_note(want, n, key, v);
}

int
json_get(struct span object, const char *name, struct span *value)
{
	struct json_pick one = {.name = name};
	json_pick(object, &one, 1);
	if (one.found)
		*value = one.value;
	return one.found;
}

int64_t
json_count_of(struct span object, const char *name, int64_t otherwise)
{
	struct span v;
	double n;
	return json_get(object, name, &v) == 1 && json_number(v, &n) && n >= 0 && n < 9e15
		       ? (int64_t)n
		       : otherwise;
}

bool
json_true_of(struct span object, const char *name)
{
	struct span v;
	return json_get(object, name, &v) == 1 && json_type(v) == JSON_TRUE;
}
