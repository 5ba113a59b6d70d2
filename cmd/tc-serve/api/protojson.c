#include "api/protojson.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "api/connect.h"
#include "json/json.h"
#include "base/date.h"

struct reader {
	struct violations *l;
	struct buf path; /* outputs[0].video[1].codec */
};

void
violation_add(struct violations *l, const char *field, const char *fmt, ...)
{
	struct buf what = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_vfmt(&what, fmt, ap);
	va_end(ap);
	l->v = mem_grow(l->v, (l->n + 1) * sizeof *l->v);
	l->v[l->n++] = (struct violation){mem_dup(span_of(field)), buf_take(&what)};
}

void
violations_free(struct violations *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].field);
		free(l->v[i].what);
	}
	free(l->v);
	*l = (struct violations){0};
}

#define WRONG(r, ...) violation_add((r)->l, buf_cstr(&(r)->path), __VA_ARGS__)

/* Characters, not bytes. */
static size_t
characters(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void
read_string(struct reader *r, struct span v, const struct proto_field *f, struct buf *out)
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

/* A number, or a string with one in it. */
static bool
number(struct span v, double *n)
{
	if (json_number(v, n))
		return true;
	char *text = json_text(v), *end = NULL;
	if (text && *text && !isspace((unsigned char)*text))
		*n = strtod(text, &end);
	bool ok = end && end != text && !*end && *n - *n == 0; /* finite */
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

/* An int32. */
static bool
is_whole(double n)
{
	return n >= -2147483648.0 && n <= 2147483647.0 && n == (double)(long long)n;
}

static void
read_number(struct reader *r, struct span v, const struct proto_field *f, struct buf *out)
{
	double n = 0;
	bool whole = f->kind == PROTO_INT, ruled = f->min != 0 || f->max != 0;
	bool ok = number(v, &n) && (!whole || is_whole(n));
	if (!ok)
		WRONG(r, whole ? "expected a whole number" : "expected a number");
	else if (ruled && (n < f->min || n > f->max))
		WRONG(r, "value must be greater than or equal to %.0f and less than or equal to %.0f", f->min, f->max);
	proto_real(out, ok && n != 0 ? n : 0); /* no minus before zero */
}

static void
read_bool(struct reader *r, struct span v, struct buf *out)
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

static void
read_enum(struct reader *r, struct span v, const struct proto_field *f, struct buf *out)
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
	} else if (!json_number(v, &n) || !is_whole(n)) {
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

static void
read_time(struct reader *r, struct span v, struct buf *out)
{
	char *text = json_text(v);
	int64_t wall = 0;
	if (!text || !date_parse(text, &wall))
		WRONG(r, "must be an RFC 3339 timestamp");
	json_quote(out, span_of(text ? text : ""));
	free(text);
}

/* Strings by name: min and max are of a name's characters, a value has at most 1024. */
static void
read_map(struct reader *r, struct span v, const struct proto_field *f, struct buf *out)
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

/* Asks for nothing: false, 0, "", an empty list or object. */
static bool
asks_nothing(struct span v)
{
	double n;
	struct span key, value;
	struct json_iter it = json_each(v);
	switch (json_type(v)) {
	case JSON_NUMBER:
		return json_number(v, &n) && n == 0;
	case JSON_STRING:
		return json_trim(v).n == 2;
	case JSON_ARRAY:
		return !json_next(&it, &key, &value);
	case JSON_TRUE:
	case JSON_OBJECT:
		return false;
	default:
		return true;
	}
}

static void read_message(struct reader *r, struct span v, const struct proto_message *m, struct buf *out);

static void
read_value(struct reader *r, struct span v, const struct proto_field *f, struct buf *out)
{
	switch (f->kind) {
	case PROTO_STRING:
		read_string(r, v, f, out);
		break;
	case PROTO_BOOL:
		read_bool(r, v, out);
		break;
	case PROTO_INT:
	case PROTO_REAL:
		read_number(r, v, f, out);
		break;
	case PROTO_ENUM:
		read_enum(r, v, f, out);
		break;
	case PROTO_MESSAGE:
		read_message(r, v, f->message, out);
		break;
	case PROTO_TIME:
		read_time(r, v, out);
		break;
	case PROTO_MAP:
		read_map(r, v, f, out);
		break;
	case PROTO_NOT_DONE:
		if (!asks_nothing(v))
			WRONG(r, "is not supported by tc-serve");
		buf_str(out, f->flags & PROTO_LIST ? "[]" : "null");
		break;
	}
}

static void
read_list(struct reader *r, struct span v, const struct proto_field *f, struct buf *out)
{
	struct span key, value;
	size_t n = 0, path = r->path.n;
	if (json_type(v) != JSON_ARRAY)
		WRONG(r, "expected a list");
	buf_ch(out, '[');
	for (struct json_iter it = json_each(v); json_type(v) == JSON_ARRAY && json_next(&it, &key, &value); n++) {
		buf_str(out, n ? "," : "");
		buf_fmt(&r->path, "[%zu]", n);
		if (json_type(value) == JSON_NULL)
			WRONG(r, "expected a value");
		read_value(r, value, f, out);
		r->path.n = path;
	}
	buf_ch(out, ']');
	if (n < f->list_min)
		WRONG(r, "value must contain at least %zu item(s)", f->list_min);
	else if (f->list_max && n > f->list_max)
		WRONG(r, "value must contain no more than %zu item(s)", f->list_max);
}

/* What stands for a member that is not set. */
static void
write_default(const struct proto_field *f, struct buf *out)
{
	static const char *const text[] = {[PROTO_STRING] = "\"\"", [PROTO_BOOL] = "false", [PROTO_INT] = "0",
		[PROTO_REAL] = "0", [PROTO_MESSAGE] = "null", [PROTO_TIME] = "null", [PROTO_MAP] = "{}", [PROTO_NOT_DONE] = "null"};
	if (f->flags & PROTO_LIST)
		buf_str(out, "[]");
	else if (f->kind == PROTO_ENUM)
		json_quote(out, span_of(f->words->words[0]));
	else
		buf_str(out, text[f->kind]);
}

static void
read_member(struct reader *r, struct span message, const struct proto_field *f, struct buf *out)
{
	struct span v;
	struct buf value = {0};
	size_t path = r->path.n;
	int there = connect_get(message, f->name, &v);
	buf_fmt(&r->path, "%s%s", path ? "." : "", f->name);
	if (there == 0 && f->list_min)
		WRONG(r, "value must contain at least %zu item(s)", f->list_min);
	else if (there == 0 && (f->flags & PROTO_REQUIRED) && !(f->flags & PROTO_LIST))
		WRONG(r, "value is required");
	else if (there < 0)
		WRONG(r, "is given twice");
	else if (there > 0 && (f->flags & PROTO_LIST) && f->kind != PROTO_NOT_DONE)
		read_list(r, v, f, &value);
	else if (there > 0)
		read_value(r, v, f, &value);
	if (there <= 0)
		write_default(f, &value);
	if (there > 0 || !(f->flags & PROTO_OPTIONAL))
		json_raw(out, f->name, buf_all(&value));
	r->path.n = path;
	buf_free(&value);
}

static void
read_message(struct reader *r, struct span v, const struct proto_message *m, struct buf *out)
{
	size_t from = out->n, wrong = r->l->n;
	if (json_type(v) != JSON_OBJECT) {
		WRONG(r, "expected an object");
		buf_str(out, "null");
		return;
	}
	json_open(out);
	for (const struct proto_field *f = m->fields; f->name; f++)
		read_member(r, v, f, out);
	json_close(out);
	if (m->check && r->l->n == wrong) /* what is half wrong already would be found wrong twice */
		m->check((struct span){out->p + from, out->n - from}, buf_cstr(&r->path), r->l);
}

void
proto_read(struct span json, const struct proto_message *m, struct buf *out, struct violations *l)
{
	struct reader r = {.l = l};
	read_message(&r, json, m, out);
	buf_free(&r.path);
}

void
proto_int64(struct buf *out, const char *name, long long v)
{
	struct buf b = {0};
	buf_fmt(&b, "%lld", v);
	json_str(out, name, buf_all(&b));
	buf_free(&b);
}
