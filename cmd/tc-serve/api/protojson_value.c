#include "api/protojson_value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "json/json.h"

/* Count characters, not bytes. */
static size_t
characters(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

void
proto_string(struct proto_reader *r, struct span v, const struct proto_field *f, struct buf *out)
{
	char *text = json_text(v);
	size_t n = text ? characters(text) : 0;
	bool unset = text && !*text && !(f->flags & (PROTO_OPTIONAL | PROTO_LIST));
	if (!text)
		WRONG(r, "expected a string");
	else if (unset && (f->flags & PROTO_REQUIRED))
		WRONG(r, "value is required");
	else if (!unset && (double)n < f->min)
		WRONG(r, "value length must be at least %.0f characters", f->min);
	else if (f->max > 0 && (double)n > f->max)
		WRONG(r, "value length must be at most %.0f characters", f->max);
	else if (!unset && f->fits && !f->fits(text))
		WRONG(r, "%s", f->rule);
	json_quote(out, span_of(text ? text : ""));
	free(text);
}

/* Read a number, or a string that is one, as JSON writes it. */
static bool
number(struct span v, double *n)
{
	if (json_number(v, n))
		return true;
	char *text = json_text(v);
	bool ok = text && *text && !json_check(span_of(text), NULL) &&
		  !isspace((unsigned char)*text) &&
		  !isspace((unsigned char)text[strlen(text) - 1]) && json_number(span_of(text), n);
	free(text);
	return ok;
}

void
proto_real(struct buf *out, double v)
{
	struct buf b = {0};
	for (int digits = 1; digits <= 17; digits++) {
		b.n = 0;
		buf_fmt(&b, "%.*g", digits, v);
		if (strtod(buf_cstr(&b), NULL) == v)
			break;
	}
	buf_span(out, buf_all(&b));
	buf_free(&b);
}

/* Return true for an int32 or, if it may be larger than most, an int64. */
static bool
is_whole(double n, double most)
{
	double bound = most > INT32_MAX ? 9223372036854775808.0 : INT32_MAX + 1.0;
	return n >= -bound && n < bound && n == (double)(long long)n;
}

void
proto_number(struct proto_reader *r, struct span v, const struct proto_field *f, struct buf *out)
{
	double n = 0;
	bool whole = f->kind == PROTO_INT, ruled = f->min != 0 || f->max != 0;
	bool ok = number(v, &n) && (!whole || is_whole(n, f->max));
	if (!ok)
		WRONG(r, whole ? "expected a whole number" : "expected a number");
	else if (ruled && (n < f->min || n > f->max))
		WRONG(r,
		      "value must be greater than or equal to %.0f and less than or equal to %.0f",
		      f->min, f->max);
	proto_real(out, ok && n != 0 ? n : 0); /* no negative zero */
}

void
proto_bool(struct proto_reader *r, struct span v, struct buf *out)
{
	enum json_type t = json_type(v);
	if (t != JSON_TRUE && t != JSON_FALSE)
		WRONG(r, "expected true or false");
	buf_str(out, t == JSON_TRUE ? "true" : "false");
}

static bool
same_word(const char *a, const char *b)
{
	for (; *a && tolower((unsigned char)*a) == tolower((unsigned char)*b); a++, b++)
		;
	return !*a && !*b;
}

static const char *
enum_word(const struct proto_words *w, const char *name)
{
	size_t n = strlen(w->prefix);
	for (int full = 0; full < 2; full++) {
		const char *word = !full ? name : strncmp(name, w->prefix, n) == 0 ? name + n : "";
		for (const char *const *p = w->words; *p; p++)
			if (same_word(word, *p))
				return *p;
	}
	return NULL;
}

void
proto_enum(struct proto_reader *r, struct span v, const struct proto_field *f, struct buf *out)
{
	const char *const *words = f->words->words;
	const char *word = NULL;
	double n;
	size_t count = 0;
	while (words[count])
		count++;
	if (json_type(v) == JSON_STRING) {
		char *text = json_text(v);
		word = text ? enum_word(f->words, text) : NULL;
		if (!word && (f->flags & PROTO_STRICT))
			WRONG(r, "unknown value \"%s\"", text ? text : "");
		else if (!word)
			word = words[0];
		free(text);
	} else if (!json_number(v, &n) || !is_whole(n, 0)) {
		WRONG(r, "expected a name or a number");
	} else if (n < 0 || n >= (double)count) {
		WRONG(r, "value must be one of the defined enum values");
	} else {
		word = words[(size_t)n];
	}
	if (word == words[0] && (f->flags & PROTO_REQUIRED))
		WRONG(r, "value is required");
	json_quote(out, span_of(word ? word : words[0]));
}

/* Return true for a time in protobuf's form. date_parse() reads more: days, and no or small zones.
 */
static bool
is_time(const char *text)
{
	static const char shape[] = "2026-02-28T10:00:00";
	size_t n = sizeof shape - 1, digits;
	int64_t wall;
	if (!date_parse(text, &wall) || strlen(text) <= n || text[10] != 'T' || text[17] == '6')
		return false;
	text += n;
	if (*text == '.') {
		digits = strspn(++text, "0123456789");
		if (digits < 1 || digits > 9)
			return false;
		text += digits;
	}
	return *text == 'Z' || *text == '+' || *text == '-';
}

void
proto_time(struct proto_reader *r, struct span v, struct buf *out)
{
	char *text = json_text(v);
	if (!text || !is_time(text))
		WRONG(r, "must be an RFC 3339 timestamp");
	json_quote(out, span_of(text ? text : ""));
	free(text);
}

/* Read a map of strings. min and max limit the characters of a name; a value has at most 1024. */
void
proto_map(struct proto_reader *r, struct span v, const struct proto_field *f, struct buf *out)
{
	struct span key, value;
	size_t n = 0;
	if (json_type(v) != JSON_OBJECT)
		WRONG(r, "expected an object of strings");
	buf_ch(out, '{');
	for (struct json_iter it = json_each(v); it.object && json_next(&it, &key, &value); n++) {
		struct span quoted = {key.p - 1, key.n + 2};
		char *name = json_text(quoted), *text = json_text(value);
		if (!name || (double)characters(name) < f->min || (double)characters(name) > f->max)
			WRONG(r, "names must have %.0f to %.0f characters", f->min, f->max);
		else if (!text)
			WRONG(r, "\"%s\": expected a string", name);
		else if (characters(text) > 1024)
			WRONG(r, "\"%s\": value length must be at most 1024 characters", name);
		buf_str(out, n ? "," : "");
		json_quote(out, span_of(name ? name : ""));
		buf_ch(out, ':');
		json_quote(out, span_of(text ? text : ""));
		free(name);
		free(text);
	}
	if (f->list_max && n > f->list_max)
		WRONG(r, "map must be at most %zu entries", f->list_max);
	buf_ch(out, '}');
}

void
proto_int64(struct buf *out, const char *name, long long v)
{
	struct buf b = {0};
	buf_fmt(&b, "%lld", v);
	json_str(out, name, buf_all(&b));
	buf_free(&b);
}

static void
camel(struct buf *out, const char *name)
{
	for (; *name; name++)
		if (*name == '_' && name[1])
			buf_ch(out, (char)toupper((unsigned char)*++name));
		else
			buf_ch(out, *name);
}

int
proto_get(struct span object, const char *name, struct span *value)
{
	int there = json_get(object, name, value), again;
	struct buf other = {0};
	struct span v;
	camel(&other, name);
	if (there >= 0 && strcmp(name, buf_cstr(&other)) != 0 &&
	    (again = json_get(object, buf_cstr(&other), &v)) != 0) {
		there = there || again < 0 ? -1 : 1;
		*value = v;
	}
	buf_free(&other);
	return there == 1 && json_type(*value) == JSON_NULL ? 0 : there;
}
