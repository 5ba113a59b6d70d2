#include "api/protojson.h"

#include <stdlib.h>
#include <string.h>

#include "api/connect.h"
#include "api/protojson_value.h"
#include "base/space.h"
#include "json/json.h"

/* Return true for null, an empty list and false; but false asks to turn off what is on by default.
 */
static bool
asks_nothing(struct span v, const struct proto_field *f)
{
	struct span key, value;
	struct json_iter it = json_each(v);
	switch (json_type(v)) {
	case JSON_ARRAY:
		return !json_next(&it, &key, &value);
	case JSON_FALSE:
		return !(f->flags & PROTO_STRICT);
	default:
		return json_type(v) == JSON_NULL;
	}
}

static void read_message(struct proto_reader *r, struct span v, const struct proto_message *m,
			 struct buf *out);

static void
read_value(struct proto_reader *r, struct span v, const struct proto_field *f, struct buf *out)
{
	switch (f->kind) {
	case PROTO_STRING:
		proto_string(r, v, f, out);
		break;
	case PROTO_BOOL:
		proto_bool(r, v, out);
		break;
	case PROTO_INT:
	case PROTO_REAL:
		proto_number(r, v, f, out);
		break;
	case PROTO_ENUM:
		proto_enum(r, v, f, out);
		break;
	case PROTO_MESSAGE:
		read_message(r, v, f->message, out);
		break;
	case PROTO_TIME:
		proto_time(r, v, out);
		break;
	case PROTO_MAP:
		proto_map(r, v, f, out);
		break;
	case PROTO_NOT_DONE:
		if (!asks_nothing(v, f))
			WRONG(r, "is not supported by tc-serve");
		buf_str(out, f->flags & PROTO_LIST ? "[]" : "null");
		break;
	}
}

static void
read_list(struct proto_reader *r, struct span v, const struct proto_field *f, struct buf *out)
{
	struct span key, value;
	size_t n = 0, path = r->path.n;
	if (json_type(v) != JSON_ARRAY)
		WRONG(r, "expected a list");
	buf_ch(out, '[');
	for (struct json_iter it = json_each(v);
	     json_type(v) == JSON_ARRAY && json_next(&it, &key, &value); n++) {
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

/* Write the default of a member that is not set. */
static void
write_default(const struct proto_field *f, struct buf *out)
{
	static const char *const text[] = {
		[PROTO_STRING] = "\"\"", [PROTO_BOOL] = "false",   [PROTO_INT] = "0",
		[PROTO_REAL] = "0",      [PROTO_MESSAGE] = "null", [PROTO_TIME] = "null",
		[PROTO_MAP] = "{}",      [PROTO_NOT_DONE] = "null"};
	if (f->flags & PROTO_LIST)
		buf_str(out, "[]");
	else if (f->kind == PROTO_ENUM)
		json_quote(out, span_of(f->words->words[0]));
	else
		buf_str(out, text[f->kind]);
}

static void
read_member(struct proto_reader *r, struct span message, const struct proto_field *f,
	    struct buf *out)
{
	struct span v;
	struct buf value = {0};
	size_t path = r->path.n;
	int there = proto_get(message, f->name, &v);
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
	else if (there == 0 && (f->kind == PROTO_INT || f->kind == PROTO_REAL) &&
		 !(f->flags & (PROTO_LIST | PROTO_OPTIONAL)))
		proto_number(r, span_of("0"), f, &value);
	if (there <= 0 && !value.n)
		write_default(f, &value);
	if (there > 0 || !(f->flags & PROTO_OPTIONAL))
		json_raw(out, f->name, buf_all(&value));
	r->path.n = path;
	buf_free(&value);
}

static void
read_message(struct proto_reader *r, struct span v, const struct proto_message *m, struct buf *out)
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
	if (m->check && r->l->n == wrong) /* errors already found would be reported twice */
		m->check((struct span){out->p + from, out->n - from}, buf_cstr(&r->path), r->l);
}

void
proto_read(struct span json, const struct proto_message *m, struct buf *out, struct violations *l)
{
	struct proto_reader r = {.l = l};
	read_message(&r, json, m, out);
	buf_free(&r.path);
}
