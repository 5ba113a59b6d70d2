#include "service/profile_value.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/space.h"
#include "json/json.h"

enum { SHOWN = 60 };

/*
 * Separates a member's pointer from the number of an element of its list, which
 * is used to find the line and is not shown.
 */
static const char element_mark = '\n';

/* Return the line of the value at that pointer, or of the nearest object around it. */
static unsigned
line_of(const struct profile_reader *r, const char *at)
{
	char *pointer = mem_dup(span_of(at)), *slash = strchr(pointer, element_mark);
	struct span v = r->doc;
	if (slash)
		*slash = '/';
	unsigned line = 1;
	while (!json_at(r->doc, pointer, &v) && (slash = strrchr(pointer, '/')))
		*slash = '\0';
	for (const char *c = r->doc.p; c < v.p; c++)
		line += *c == '\n';
	free(pointer);
	return line;
}

void
profile_error(const struct profile_reader *r, const char *at, const char *fmt, ...)
{
	struct buf b = {0};
	struct span member = {at, strchr(at, element_mark) ? (size_t)(strchr(at, element_mark) - at)
							   : strlen(at)};
	va_list ap;
	for (size_t i = 0; i < r->bad->n; i++)
		if (span_is(member, r->bad->v[i].at))
			return;
	va_start(ap, fmt);
	buf_vfmt(&b, fmt, ap);
	va_end(ap);
	r->bad->v = mem_room(r->bad->v, r->bad->n, sizeof *r->bad->v);
	r->bad->v[r->bad->n++] =
		(struct profile_problem){line_of(r, at), mem_dup(member), mem_dup(buf_all(&b))};
	buf_free(&b);
}

void
profile_problems_free(struct profile_problems *bad)
{
	for (size_t i = 0; i < bad->n; i++) {
		free(bad->v[i].at);
		free(bad->v[i].text);
	}
	free(bad->v);
	*bad = (struct profile_problems){0};
}

static void
expected(const struct profile_reader *r, const char *at, const char *what, struct span v)
{
	v = span_trim(v);
	profile_error(r, at, "expected %s, got %.*s%s", what, (int)(v.n < SHOWN ? v.n : SHOWN), v.p,
		      v.n < SHOWN ? "" : "...");
}

char *
profile_text(const struct profile_reader *r, const char *at, struct span v)
{
	char *s = json_text(v);
	if (!s)
		expected(r, at, "a string", v);
	return s ? s : mem_dup(span_of(""));
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
profile_strings(const struct profile_reader *r, const char *at, struct span v, struct strings *to,
		bool pointers)
{
	char *(*take)(const struct profile_reader *, const char *, struct span) =
		pointers ? profile_pointer : profile_text;
	struct span key, e;
	struct buf element = {0};
	size_t n = 0;
	if (json_type(v) == JSON_STRING) {
		strings_add(to, take(r, at, v));
		return;
	}
	if (json_type(v) != JSON_ARRAY)
		expected(r, at,
			 pointers ? "a JSON Pointer or a list of them"
				  : "a string or a list of strings",
			 v);
	for (struct json_iter it = json_each(v); json_next(&it, &key, &e);) {
		element.n = 0;
		buf_fmt(&element, "%s%c%zu", at, element_mark, n++);
		strings_add(to, take(r, buf_cstr(&element), e));
	}
	buf_free(&element);
}

int
profile_choice(const struct profile_reader *r, const char *at, struct span v, const char *words)
{
	char *given = profile_text(r, at, v);
	struct buf list = {0};
	int found = -1, n = 0;
	for (const char *w = words; *w; n++) {
		size_t length = strcspn(w, "|");
		if (strlen(given) == length && strncmp(given, w, length) == 0)
			found = n;
		buf_fmt(&list, "%s%.*s", n == 0 ? "" : w[length] ? ", " : " or ", (int)length, w);
		w += length + (w[length] == '|');
	}
	if (found < 0)
		profile_error(r, at, "\"%s\": expected %s", given, buf_cstr(&list));
	buf_free(&list);
	free(given);
	return found < 0 ? 0 : found;
}

double
profile_number(const struct profile_reader *r, const char *at, struct span v, double least)
{
	double n;
	struct buf what = {0};
	buf_fmt(&what, "a number of at least %g", least);
	if (!json_number(v, &n) || n < least || n > 1e9) {
		expected(r, at, buf_cstr(&what), v);
		n = least;
	}
	buf_free(&what);
	return n;
}

double
profile_bytes(const struct profile_reader *r, const char *at, struct span v)
{
	double n;
	if (!json_number(v, &n) || n < 1 || n > 9e15 || n != (double)(int64_t)n) {
		expected(r, at, "a whole number of bytes, at least 1", v);
		return 1;
	}
	return n;
}

void
profile_header(const struct profile_reader *r, const char *at, struct span name)
{
	static const char token[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				    "!#$%&'*+-.^_`|~";
	if (!name.n || strspn(name.p, token) < name.n)
		profile_error(r, at, "\"%.*s\": expected the name of a header", (int)name.n,
			      name.p);
}

/* Add a problem if a header would say where the request goes or its body ends: libcurl sets these.
 */
static void
check_sent(const struct profile_reader *r, const char *at, struct span name)
{
	static const char *const own[] = {"Host", "Content-Length", "Transfer-Encoding"};
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (name.n == strlen(own[i]) && strncasecmp(name.p, own[i], name.n) == 0)
			profile_error(r, at, "\"%.*s\": every request has its own", (int)name.n,
				      name.p);
}

void
profile_header_sent(const struct profile_reader *r, const char *at, struct span name)
{
	profile_header(r, at, name);
	check_sent(r, at, name);
}

void
profile_method(const struct profile_reader *r, const char *at, const char *method)
{
	if (method && (!*method || strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") < strlen(method)))
		profile_error(r, at, "\"%s\": expected an HTTP method such as POST", method);
}

void
profile_lines(const struct profile_reader *r, const char *at, struct strings *to, bool headers)
{
	struct span all, key, v;
	if (!json_at(r->doc, at, &all))
		return;
	if (json_type(all) != JSON_OBJECT)
		profile_error(r, at, "expected an object of strings");
	for (struct json_iter it = json_each(all); json_next(&it, &key, &v);) {
		struct buf line = {0}, member = {0};
		buf_fmt(&member, "%s/%.*s", at, (int)key.n, key.p);
		if (headers)
			profile_header_sent(r, buf_cstr(&member), key);
		char *value = profile_text(r, buf_cstr(&member), v);
		buf_fmt(&line, "%.*s: %s", (int)key.n, key.p, value);
		if (strpbrk(buf_cstr(&line), "\r\n"))
			profile_error(r, buf_cstr(&member), "a header contains a line end");
		strings_add(to, mem_dup(buf_all(&line)));
		buf_free(&line);
		buf_free(&member);
		free(value);
	}
}

void
profile_numbers(const struct profile_reader *r, const char *at, struct span v, struct numbers *to)
{
	struct span key, e;
	if (json_type(v) != JSON_ARRAY)
		expected(r, at, "a list of HTTP statuses", v);
	to->v = mem_room(to->v, 0, sizeof *to->v); /* an empty list was given, too */
	for (struct json_iter it = json_each(v); json_next(&it, &key, &e);) {
		to->v = mem_room(to->v, to->n, sizeof *to->v);
		to->v[to->n++] = (int)profile_number(r, at, e, 100);
	}
}

int64_t
profile_duration(const struct profile_reader *r, const char *at, struct span v)
{
	int64_t us = 0;
	char *s = json_type(v) == JSON_NUMBER ? mem_dup(span_trim(v)) : profile_text(r, at, v);
	const char *why = clock_duration(s, &us);
	if (why)
		profile_error(r, at, "\"%s\": %s", s, why);
	free(s);
	return us;
}
