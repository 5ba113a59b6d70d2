#include "service/profile_value.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "json/json.h"
#include "base/msg.h"

void
profile_error(const struct profile_reader *r, const char *at, const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_vfmt(&b, fmt, ap);
	va_end(ap);
	msg_die(EXIT_BAD_CONFIG, "profile %s: %s%s%s", r->from, at, *at ? ": " : "", buf_cstr(&b));
}

char *
profile_text(const struct profile_reader *r, const char *at, struct span v)
{
	char *s = json_text(v);
	if (!s)
		profile_error(r, at, "a string is wanted");
	return s;
}

char *
profile_pointer(const struct profile_reader *r, const char *at, struct span v)
{
	char *s = profile_text(r, at, v);
	const char *why = json_pointer_check(s);
	if (why)
		profile_error(r, at, "\"%s\": %s", s, why);
	return s;
}

void
profile_strings(const struct profile_reader *r, const char *at, struct span v, struct strings *to, bool pointers)
{
	char *(*take)(const struct profile_reader *, const char *, struct span) = pointers ? profile_pointer : profile_text;
	struct span key, e;
	if (json_type(v) != JSON_ARRAY) {
		strings_add(to, take(r, at, v));
		return;
	}
	for (struct json_iter it = json_each(v); json_next(&it, &key, &e);)
		strings_add(to, take(r, at, e));
}

double
profile_number(const struct profile_reader *r, const char *at, struct span v, double least)
{
	double n;
	if (!json_number(v, &n) || n < least || n > 1e9)
		profile_error(r, at, "a number of at least %g is wanted", least);
	return n;
}

double
profile_bytes(const struct profile_reader *r, const char *at, struct span v)
{
	double n;
	if (!json_number(v, &n) || n < 1 || n > 9e15 || n != (double)(int64_t)n)
		profile_error(r, at, "expected a whole number of bytes, at least 1");
	return n;
}

void
profile_lines(const struct profile_reader *r, const char *at, struct strings *to)
{
	struct span all, key, v;
	if (!json_at(r->doc, at, &all))
		return;
	if (json_type(all) != JSON_OBJECT)
		profile_error(r, at, "expected an object of strings");
	for (struct json_iter it = json_each(all); json_next(&it, &key, &v);) {
		struct buf line = {0};
		char *value = profile_text(r, at, v);
		buf_fmt(&line, "%.*s: %s", (int)key.n, key.p, value);
		if (strpbrk(buf_cstr(&line), "\r\n"))
			profile_error(r, at, "a header has a line end in it");
		strings_add(to, mem_dup(buf_all(&line)));
		buf_free(&line);
		free(value);
	}
}

void
profile_numbers(const struct profile_reader *r, const char *at, struct span v, struct numbers *to)
{
	struct span key, e;
	if (json_type(v) != JSON_ARRAY)
		profile_error(r, at, "a list of HTTP statuses is wanted");
	for (struct json_iter it = json_each(v); json_next(&it, &key, &e);) {
		to->v = mem_grow(to->v, (to->n + 1) * sizeof *to->v);
		to->v[to->n++] = (int)profile_number(r, at, e, 100);
	}
}

int64_t
profile_duration(const struct profile_reader *r, const char *at, struct span v)
{
	int64_t us = 0;
	char *s = json_type(v) == JSON_NUMBER ? mem_dup(json_trim(v)) : profile_text(r, at, v);
	const char *why = clock_duration(s, &us);
	if (why)
		profile_error(r, at, "\"%s\": %s", s, why);
	free(s);
	return us;
}
