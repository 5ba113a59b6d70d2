#include "encode/graph.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "encode/allowlist.h"
#include "json/json.h"

/* Remove the [label] at the front of *s. Return false if it begins with something else. */
static bool
take_label(struct span *s, struct span *label)
{
	const char *end = s->n && *s->p == '[' ? memchr(s->p, ']', s->n) : NULL;
	if (!end)
		return false;
	*label = (struct span){s->p + 1, (size_t)(end - s->p) - 1};
	s->n -= label->n + 2;
	s->p = end + 1;
	return true;
}

/* Return true for a name, or a stream of an existing input: 0:v, 1:a:0. */
static bool
label_ok(struct span label, size_t inputs)
{
	size_t digits = 0;
	for (size_t i = 0; i < label.n; i++)
		if (!isalnum((unsigned char)label.p[i]) && label.p[i] != '_' && label.p[i] != ':')
			return false;
	while (digits < label.n && isdigit((unsigned char)label.p[digits]))
		digits++;
	if (digits == 0 || (digits < label.n && label.p[digits] != ':'))
		return label.n > 0 && !memchr(label.p, ':', label.n);
	return digits <= 2 && strtoul(label.p, NULL, 10) < inputs;
}

/* Remove one filter with its labels from the front of *s, and the separator after it. */
static struct span
take_filter(struct span *s)
{
	size_t n = 0;
	while (n < s->n && s->p[n] != ',' && s->p[n] != ';')
		n++;
	struct span one = {s->p, n};
	n += n < s->n;
	s->p += n;
	s->n -= n;
	return one;
}

/* From [in][in]name=args[out] return name=args, and leave the labels after it in *one. */
static struct span
between_labels(struct span *one)
{
	struct span label;
	while (take_label(one, &label))
		;
	const char *end = one->n ? memchr(one->p, '[', one->n) : NULL;
	struct span filter = {one->p, end ? (size_t)(end - one->p) : one->n};
	one->p += filter.n;
	one->n -= filter.n;
	return filter;
}

static bool
filter_ok(struct span one, size_t inputs)
{
	struct span whole = one, label, rest = one, filter = between_labels(&rest);
	while (take_label(&whole, &label))
		if (!label_ok(label, inputs))
			return false;
	while (take_label(&rest, &label))
		if (!label_ok(label, inputs))
			return false;
	char *text = mem_dup(filter);
	bool ok = rest.n == 0 && allowlist_filter(text);
	free(text);
	return ok;
}

void
graph_text(struct buf *out, struct span filters)
{
	struct span key, item, v;
	size_t n = 0;
	for (struct json_iter it = json_each(filters); json_next(&it, &key, &item);) {
		char *text = json_get(item, "filter", &v) == 1 ? json_text(v) : NULL;
		if (text && *text)
			buf_fmt(out, "%s%s", n++ ? ";" : "", text);
		free(text);
	}
}

bool
graph_check(struct span filters, size_t inputs, struct buf *why)
{
	struct span key, item, v;
	enum json_type type = json_type(filters);
	if (type != JSON_NONE && type != JSON_NULL && type != JSON_ARRAY) {
		buf_str(why, "filters must be an array");
		return false;
	}
	for (struct json_iter it = json_each(filters); json_next(&it, &key, &item);) {
		char *text = json_get(item, "filter", &v) == 1 ? json_text(v) : NULL;
		bool ok = text && *text;
		if (!ok)
			buf_str(why, "filters: each must be an object with filter, a string");
		for (struct span s = span_of(ok ? text : ""); ok && s.n;) {
			struct span one = take_filter(&s);
			ok = filter_ok(one, inputs);
			if (!ok)
				buf_fmt(why, "filters: \"%.*s\" is not accepted here", (int)one.n,
					one.p);
		}
		free(text);
		if (!ok)
			return false;
	}
	return true;
}

/* Return true if the label is an input of a filter. */
static bool
is_taken(const char *graph, struct span label)
{
	struct span l;
	for (struct span s = span_of(graph); s.n;) {
		struct span one = take_filter(&s);
		while (take_label(&one, &l))
			if (l.n == label.n && memcmp(l.p, label.p, l.n) == 0)
				return true;
	}
	return false;
}

void
graph_results(const char *graph, void (*each)(void *ctx, const char *label), void *ctx)
{
	struct span label;
	for (struct span s = span_of(graph); s.n;) {
		struct span one = take_filter(&s);
		between_labels(&one);
		while (take_label(&one, &label))
			if (!is_taken(graph, label)) {
				char *text = mem_dup(label);
				each(ctx, text);
				free(text);
			}
	}
}
