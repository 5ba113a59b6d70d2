/* Writing JSON: members, splices, merge patch, set by pointer. */
#include <stdlib.h>
#include <string.h>

#include "base/space.h"
#include "base/utf8.h"
#include "json/char.h"
#include "json/json.h"

void
json_escape(struct buf *out, struct span t)
{
	static const char hex[] = "0123456789abcdef";
	size_t from = 0; /* start of what is not copied yet */
	for (size_t i = 0; i < t.n;) {
		if (t.n - i >= 8 && eight_plain(t.p + i)) {
			i += 8;
			continue;
		}
		unsigned char c = (unsigned char)t.p[i];
		size_t n = c >= 0x20 && c < 0x7f ? 1 : utf8_length(t.p + i, t.n - i);
		if (n && c >= 0x20 && c != '"' && c != '\\') {
			i += n;
			continue;
		}
		buf_add(out, t.p + from, i - from);
		if (n == 0) {
			buf_str(out, "\xef\xbf\xbd"); /* U+FFFD */
		} else if (c == '"' || c == '\\') {
			buf_ch(out, '\\');
			buf_ch(out, (char)c);
		} else {
			static const char plain[] = "\b\f\n\r\t", letter[] = "bfnrt";
			const char *e = c ? strchr(plain, c) : NULL;
			buf_ch(out, '\\');
			if (e) {
				buf_ch(out, letter[e - plain]);
			} else {
				buf_str(out, "u00");
				buf_ch(out, hex[c >> 4]);
				buf_ch(out, hex[c & 15]);
			}
		}
		from = ++i;
	}
	buf_add(out, t.p + from, t.n - from);
}

void
json_quote(struct buf *out, struct span t)
{
	buf_room(out, t.n + 2);
	buf_ch(out, '"');
	json_escape(out, t);
	buf_ch(out, '"');
}

void
json_oneline(struct buf *out, struct span v)
{
	v = span_trim(v);
	if (!v.n || (!memchr(v.p, '\n', v.n) && !memchr(v.p, '\r', v.n))) {
		buf_span(out, v);
		return;
	}
	/* a string cannot contain a line end, so white space outside strings can be removed */
	bool in_string = false;
	for (const char *p = v.p, *end = v.p + v.n; p < end; p++) {
		if (in_string && *p == '\\')
			buf_ch(out, *p++);
		else if (*p == '"')
			in_string = !in_string;
		else if (!in_string && (is_space(*p)))
			continue;
		buf_ch(out, *p);
	}
}

void
json_open(struct buf *b)
{
	buf_ch(b, '{');
}

static void
comma(struct buf *b)
{
	char last = b->n ? b->p[b->n - 1] : '{';
	if (last != '{' && last != '[')
		buf_ch(b, ',');
}

static void
member(struct buf *b, const char *name)
{
	comma(b);
	buf_ch(b, '"');
	buf_str(b, name);
	buf_str(b, "\":");
}

void
json_raw(struct buf *b, const char *name, struct span value)
{
	member(b, name);
	json_oneline(b, value);
}

void
json_str(struct buf *b, const char *name, struct span text)
{
	member(b, name);
	json_quote(b, text);
}

/* Append a number; faster than by its format. */
static void
add_number(struct buf *b, long long n)
{
	char digits[24], *p = digits + sizeof digits;
	unsigned long long left = n < 0 ? 0 - (unsigned long long)n : (unsigned long long)n;
	do
		*--p = (char)('0' + left % 10);
	while (left /= 10);
	if (n < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(digits + sizeof digits - p));
}

void
json_int(struct buf *b, const char *name, long long n)
{
	member(b, name);
	add_number(b, n);
}

void
json_bool(struct buf *b, const char *name, bool v)
{
	member(b, name);
	buf_str(b, v ? "true" : "false");
}

void
json_close(struct buf *b)
{
	buf_ch(b, '}');
}

/* Return what to set for a member with this key, or NULL. */
static const struct json_member *
member_set(const struct json_member *set, size_t n, struct span key, unsigned long *done)
{
	const struct json_member *found = NULL;
	for (size_t i = 0; i < n; i++)
		if (set[i].value.p && json_key_is(key, set[i].name)) {
			found = &set[i];
			*done |= 1UL << i;
		}
	return found;
}

void
json_splice(struct buf *out, struct span object, const struct json_member *set, size_t n)
{
	struct json_iter it = json_each(object);
	struct span key, v;
	const char *from = object.p;
	const char *kept = it.p; /* end of the last member that stays, or of the opening brace */
	unsigned long done = 0;  /* bit i: set[i] was found */
	bool empty = true, taken_out = false;
	while (json_next(&it, &key, &v)) {
		const struct json_member *m = member_set(set, n, key, &done);
		if (m && !m->value.n) { /* remove it with the comma before it */
			if (from < kept)
				buf_add(out, from, (size_t)(kept - from));
			from = kept = v.p + v.n;
			taken_out = true;
			continue;
		}
		if (taken_out && empty) /* the first member that stays has no comma before it */
			from = key.p - 1;
		empty = taken_out = false;
		if (m) {
			buf_add(out, from, (size_t)(v.p - from));
			json_oneline(out, m->value);
			from = v.p + v.n;
		}
		kept = v.p + v.n;
	}
	/* it.end is the closing brace */
	const char *close = it.end;
	buf_add(out, from, (size_t)(close - from));
	for (size_t i = 0; i < n; i++)
		if (set[i].value.n && !(done >> i & 1)) {
			if (!empty)
				buf_ch(out, ',');
			empty = false;
			buf_fmt(out, "\"%s\":", set[i].name);
			json_oneline(out, set[i].value);
		}
	buf_add(out, close, (size_t)(object.p + object.n - close));
}

/* Get a member by an escaped name of another object; the last one wins, as in parsers. */
static bool
get_by_key(struct span object, struct span key, struct span *value)
{
	struct span k, v;
	bool found = false;
	for (struct json_iter it = json_each(object); it.object && json_next(&it, &k, &v);)
		if (key_same(k, key)) {
			*value = v;
			found = true;
		}
	return found;
}

static void
add_key(struct buf *out, struct span key)
{
	comma(out);
	buf_ch(out, '"');
	buf_span(out, key);
	buf_str(out, "\":");
}

void
json_merge(struct buf *out, struct span target, struct span patch)
{
	struct span key, v, other;
	if (json_type(patch) != JSON_OBJECT) {
		buf_span(out, span_trim(patch));
		return;
	}
	buf_ch(out, '{');
	struct json_iter it = json_each(target);
	if (!it.object)
		it.p = it.end;
	while (json_next(&it, &key, &v)) {
		if (!get_by_key(patch, key, &other)) {
			add_key(out, key);
			buf_span(out, v);
		} else if (json_type(other) != JSON_NULL) {
			add_key(out, key);
			json_merge(out, v, other);
		}
	}
	for (it = json_each(patch); json_next(&it, &key, &v);)
		if (json_type(v) != JSON_NULL &&
		    !(json_type(target) == JSON_OBJECT && get_by_key(target, key, &other))) {
			add_key(out, key);
			json_merge(out, (struct span){"", 0}, v);
		}
	buf_ch(out, '}');
}

void
json_merge_into(struct buf *b, struct span patch)
{
	struct buf out = {0};
	buf_room(&out, b->n + patch.n + 1); /* and a comma: mostly it is enough */
	json_merge(&out, buf_all(b), patch);
	buf_free(b);
	*b = out;
}

void
json_set(struct buf *out, struct span doc, const char *pointer, struct span value)
{
	if (!*pointer) {
		buf_span(out, value);
		return;
	}
	struct buf token = {0};
	const char *rest = pointer + 1;
	for (; *rest && *rest != '/'; rest++)
		if (*rest == '~')
			buf_ch(&token, *++rest == '0' ? '~' : '/');
		else
			buf_ch(&token, *rest);
	enum json_type type = json_type(doc);
	bool index = token.n == 1 && (token.p[0] == '-' || token.p[0] == '0');
	bool array = type == JSON_ARRAY || (type != JSON_OBJECT && index), done = false;
	size_t want = array && token.n && token.p[0] != '-' ? strtoul(buf_cstr(&token), NULL, 10)
							    : (size_t)-1,
	       i = 0;
	struct span key, v;
	buf_ch(out, array ? '[' : '{');
	for (struct json_iter it = json_each(doc); json_next(&it, &key, &v); i++) {
		if (array)
			comma(out);
		else
			add_key(out, key);
		if (array ? i == want : json_key_is(key, buf_cstr(&token))) {
			json_set(out, v, rest, value);
			done = true;
		} else {
			buf_span(out, v);
		}
	}
	if (!done) {
		comma(out);
		if (!array) {
			json_quote(out, buf_all(&token));
			buf_ch(out, ':');
		}
		json_set(out, (struct span){"", 0}, rest, value);
	}
	buf_ch(out, array ? ']' : '}');
	buf_free(&token);
}

void
json_set_into(struct buf *b, const char *pointer, struct span value)
{
	struct buf out = {0};
	json_set(&out, buf_all(b), pointer, value);
	buf_free(b);
	*b = out;
}

void
json_set_string(struct buf *b, const char *pointer, const char *text)
{
	struct buf quoted = {0};
	json_quote(&quoted, span_of(text));
	json_set_into(b, pointer, buf_all(&quoted));
	buf_free(&quoted);
}
