/* Reads the section /upload: its kind, and the members that this kind requires. */
#include "service/profile_value.h"
#include "json/json.h"

static enum upload_kind
read_kind(const struct profile_reader *r)
{
	struct span v;
	if (json_at(r->doc, "/upload/kind", &v))
		return (enum upload_kind)(
			UPLOAD_PUT +
			profile_choice(r, "/upload/kind", v, "put|parts|resumable|tus|form"));
	profile_error(r, "/upload/kind", "missing: expected put, parts, resumable, tus or form");
	return UPLOAD_NONE;
}

static void
check_call(const struct profile_reader *r, const char *at, const struct call *c)
{
	struct buf method = {0};
	buf_fmt(&method, "%s/method", at);
	if ((c->method != NULL) != (c->path != NULL))
		profile_error(r, at, "expected method and path");
	else
		profile_method(r, buf_cstr(&method), c->method);
	buf_free(&method);
}

static void
check(const struct profile_reader *r, const struct upload_profile *u)
{
	check_call(r, "/upload/start", &u->start);
	check_call(r, "/upload/send", &u->send);
	check_call(r, "/upload/more", &u->more);
	check_call(r, "/upload/finish", &u->finish);
	check_call(r, "/upload/get", &u->get);
	check_call(r, "/upload/abort", &u->abort);
	if (!u->start.method && !(u->kind == UPLOAD_FORM && u->send.method))
		profile_error(r, "/upload/start", "missing: the call that begins an upload");
	if (u->kind != UPLOAD_TUS && u->start.method && !u->url.n && !u->send.method)
		profile_error(r, "/upload/url",
			      "missing: where the reply to start says that the file goes");
	if (u->kind == UPLOAD_PARTS && !u->parts.n)
		profile_error(r, "/upload/parts", "missing: where a reply lists the URLs of parts");
	if (u->kind == UPLOAD_PARTS && !u->finish.method)
		profile_error(r, "/upload/finish",
			      "missing: the call that puts the parts together");
	if (u->waiting.n && !u->status.n)
		profile_error(r, "/upload/get/status",
			      "missing: where the reply to get has the word");
	if (u->part_max > 0 && u->part_max < u->part_min)
		profile_error(r, "/upload/part/max", "expected at least /upload/part/min");
}

void
profile_upload(const struct profile_reader *r)
{
	struct span v;
	struct upload_profile *u = &r->p->upload;
	if (!json_at(r->doc, "/upload", &v))
		return;
	u->kind = read_kind(r);
	profile_lines(r, "/upload/headers", &u->headers, true);
	profile_lines(r, "/upload/types", &u->types, false);
	profile_lines(r, "/upload/form/fields", &u->fields, false);
	if (!u->part_number.n)
		strings_add(&u->part_number, mem_dup(span_of("/part_number")));
	if (!u->part_item)
		u->part_item =
			mem_dup(span_of("{\"part_number\":\"{number}\",\"etag\":\"{etag}\"}"));
	if (!u->part_most)
		u->part_most = 10000;
	check(r, u);
}
