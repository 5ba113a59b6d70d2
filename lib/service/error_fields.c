/*
 * Errors about single fields. There is no standard form: Connect and gRPC have
 * google.rpc.BadRequest (field_violations) and buf.validate.Violations in
 * details[], in details[].debug or details[].value; problem+json has errors[]
 * or invalid-params; others have an object with one member per field. All are
 * a member with a known name whose elements are texts, or objects with a field
 * and a text. In details[] or issues[] itself, as validators of JavaScript and
 * Python write them, only such objects count.
 */
#include <stdlib.h>
#include <string.h>

#include "service/error_body.h"
#include "json/json.h"

enum {
	DEPTH = 6,       /* of the search for such members */
	FIELDS_MAX = 20, /* that are shown */
};

struct fields {
	struct buf *out;
	struct span said;
	size_t n, left_out;
};

static bool
one_of(struct span key, const char *const *names)
{
	for (; *names; names++)
		if (json_key_is(key, *names))
			return true;
	return false;
}

static bool
holds(struct span text, struct span part)
{
	for (size_t i = 0; part.n && i + part.n <= text.n; i++)
		if (memcmp(text.p + i, part.p, part.n) == 0)
			return true;
	return false;
}

static void
add_error(struct fields *f, struct span field, struct span text)
{
	struct buf one = {0};
	buf_span(&one, field);
	if (field.n && text.n)
		buf_str(&one, ": ");
	buf_span(&one, text);
	/* the same text in two places of a response is one error */
	bool is_new =
		one.n && !holds(f->said, buf_all(&one)) && !holds(buf_all(f->out), buf_all(&one));
	if (is_new && f->n == FIELDS_MAX)
		f->left_out++;
	else if (is_new) {
		buf_str(f->out, f->n++ ? "; " : "");
		buf_span(f->out, buf_all(&one));
	}
	buf_free(&one);
}

/* "[0]" or ".name", as the next step of a path. An index may be a text: protobuf's JSON writes 64
 * bits so. */
static void
add_step(struct buf *path, struct span step, bool index)
{
	struct buf text = {0};
	if (json_type(step) == JSON_NUMBER)
		buf_fmt(path, "[%.*s]", (int)step.n, step.p);
	else if (json_decode(&text, step) && text.n)
		buf_fmt(path, index ? "%s[%s]" : "%s%s", path->n && !index ? "." : "",
			buf_cstr(&text));
	buf_free(&text);
}

/* A field's name: a text, a list of steps, or buf.validate's elements with a name and an index
 * each. */
static bool
read_field(struct buf *path, struct span v)
{
	struct span key, step, all;
	if (json_decode(path, v) || json_type(v) == JSON_NUMBER)
		return path->n > 0;
	if (json_type(v) == JSON_OBJECT) {
		if (json_get(v, "pointer", &all) == 1) /* JSON:API's source */
			return read_field(path, all);
		if (json_get(v, "elements", &all) != 1)
			return false;
		v = all;
	}
	for (struct json_iter it = json_each(v); json_next(&it, &key, &step);) {
		struct json_pick p[] = {
			{.name = "fieldName"}, {.name = "field_name"}, {.name = "index"}};
		json_pick(step, p, 3);
		for (size_t i = 0; i < 3; i++)
			if (p[i].found)
				add_step(path, p[i].value, i == 2);
		if (json_type(step) != JSON_OBJECT)
			add_step(path, step, false);
	}
	return path->n > 0;
}

/* The first member of those names that reads as a field, or as a text. */
static void
read_member(struct buf *out, struct span object, const char *const *names, bool field)
{
	struct span v;
	for (; *names && !out->n; names++)
		if (json_get(object, *names, &v) &&
		    !(field ? read_field(out, v) : json_decode(out, v)))
			out->n = 0;
}

/* need_field: without a field it says nothing about one. */
static void
add_object(struct fields *f, struct span object, bool need_field)
{
	static const char *const fields[] = {
		"field", "field_path", "fieldPath",    "path",         "param",   "parameter",
		"name",  "property",   "loc",          "location",     "pointer", "source",
		"key",   "subject",    "propertyPath", "instancePath", NULL};
	static const char *const texts[] = {"description", "message", "reason", "detail",
					    "msg",         "error",   "title",  NULL};
	struct buf field = {0}, text = {0};
	read_member(&field, object, fields, true);
	read_member(&text, object, texts, false);
	if (text.n && (field.n || !need_field))
		add_error(f, buf_all(&field), buf_all(&text));
	buf_free(&field);
	buf_free(&text);
}

/* An element of a list, or with a field the value of a member: a text, an object, or a list of
 * those. */
static void
add_element(struct fields *f, struct span field, struct span v)
{
	struct span key, one;
	struct buf text = {0};
	if (json_decode(&text, v))
		add_error(f, field, buf_all(&text));
	else if (json_type(v) == JSON_OBJECT)
		add_object(f, v, false);
	else if (field.n)
		for (struct json_iter it = json_each(v); json_next(&it, &key, &one);)
			add_element(f, field, one);
	buf_free(&text);
}

/* Return whether the object is one error, {"field": ..., "message": ...}, and not a member per
 * field. */
static bool
is_one(struct span object)
{
	struct span v;
	return json_get(object, "message", &v) || json_get(object, "description", &v);
}

static void
add_list(struct fields *f, struct span list)
{
	struct span key, v;
	struct json_iter it = json_each(list);
	if (it.object && is_one(list)) {
		add_object(f, list, false);
		return;
	}
	while (json_next(&it, &key, &v))
		add_element(f, it.object ? key : (struct span){0}, v);
}

/* A list that may be about something else. */
static void
add_details(struct fields *f, struct span list)
{
	struct span key, v;
	for (struct json_iter it = json_each(list); json_next(&it, &key, &v);)
		if (json_type(v) == JSON_OBJECT)
			add_object(f, v, true);
}

static void
search(struct fields *f, struct span v, int depth)
{
	static const char *const details[] = {"details", "detail", "issues", NULL};
	static const char *const lists[] = {
		"field_violations", "fieldViolations", "violations",    "errors",
		"invalid-params",   "invalid_params",  "invalidParams", NULL};
	struct span key, one;
	if (!depth)
		return;
	for (struct json_iter it = json_each(v); json_next(&it, &key, &one);) {
		enum json_type type = json_type(one);
		if (type != JSON_OBJECT && type != JSON_ARRAY)
			continue;
		if (it.object && one_of(key, lists))
			add_list(f, one);
		else if (it.object && type == JSON_ARRAY && one_of(key, details))
			add_details(f, one);
		search(f, one, depth - 1);
	}
}

void
error_fields(struct buf *out, struct span doc, struct span said)
{
	struct fields f = {.out = out, .said = said};
	search(&f, doc, DEPTH);
	if (f.left_out)
		buf_fmt(out, "; and %zu more", f.left_out);
}
