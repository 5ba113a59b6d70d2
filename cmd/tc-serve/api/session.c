#include "api/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/upload.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/date.h"
#include "encode/media.h"
#include "http/call.h"
#include "http/take.h"
#include "serve.h"
#include "store/store.h"
#include "json/json.h"

enum { CHUNK_UNIT = 256 << 10 };
#define SESSION_TTL (7 * 24 * 3600 * SECOND)
#define TUS_TTL (24 * 3600 * SECOND)

/* Return the name after the path's second slash. */
static const char *
name_of(const struct call *c)
{
	return strchr(c->path + 1, '/') + 1;
}

/* Append the path of the bytes that an upload has so far. */
static void
part_path(const struct call *c, struct buf *out, const char *name)
{
	struct buf part = {0};
	buf_fmt(&part, ".part-%s", name);
	take_path(c, out, buf_cstr(&part));
	buf_free(&part);
}

/* Append the path of a complete upload. An object of a bucket has its path in place of a type. */
static void
whole_path(const struct call *c, struct buf *out, const struct upload *u)
{
	if (strncmp(u->type, "buckets/", 8) == 0)
		buf_fmt(out, "%s/%s", c->serve->dir, u->type);
	else
		take_path(c, out, u->name);
}

/* Return how many bytes have arrived. */
static int64_t
have(const struct call *c, const struct upload *u)
{
	struct buf part = {0}, whole = {0};
	struct stat st;
	part_path(c, &part, u->name);
	whole_path(c, &whole, u);
	int64_t n = stat(buf_cstr(&part), &st) == 0    ? st.st_size
		    : stat(buf_cstr(&whole), &st) == 0 ? u->size
						       : 0;
	buf_free(&part);
	buf_free(&whole);
	return n;
}

static bool
complete(struct call *c, const struct upload *u)
{
	struct buf part = {0}, whole = {0};
	part_path(c, &part, u->name);
	whole_path(c, &whole, u);
	bool ok = rename(buf_cstr(&part), buf_cstr(&whole)) == 0 || errno == ENOENT;
	if (!ok)
		call_error(c, 500, "the upload cannot be stored");
	buf_free(&part);
	buf_free(&whole);
	return ok;
}

/* Respond with the state of a session: 200 if it is complete, else 308. */
static void
say_range(struct call *c, const struct upload *u)
{
	int64_t n = have(c, u);
	if (n == u->size) {
		if (complete(c, u))
			c->status = 200;
		return;
	}
	c->status = 308;
	if (n > 0)
		call_set(c, "Range", "bytes=0-%lld", (long long)n - 1);
}

void
session_reply(struct call *c, const char *name)
{
	struct buf path = {0}, url = {0};
	buf_fmt(&path, "/session/%s", name);
	upload_url(c, &url, "PUT", buf_cstr(&path), clock_wall() + SESSION_TTL);
	call_set(c, "Location", "%s", buf_cstr(&url));
	c->status = 201;
	buf_free(&path);
	buf_free(&url);
}

void
session_start(struct call *c)
{
	struct upload u = {0};
	const char *start = call_header(c, "x-goog-resumable"), *name = name_of(c);
	if (!call_permitted(c, "PUT") || !media_upload_name(name) ||
	    !store_upload(c->serve->store, name, &u))
		call_error(c, 403, "the URL has expired or its signature is wrong");
	else if (!start || strcmp(start, "start") != 0)
		call_error(c, 400, "x-goog-resumable: start is missing");
	else
		session_reply(c, name);
	upload_free(&u);
}

static void
session_end(struct call *c)
{
	struct upload u;
	if (c->put_size != c->put_max)
		call_error(c, 400, "fewer bytes than Content-Range says");
	else if (store_upload(c->serve->store, name_of(c), &u)) {
		c->serve->stats.parts++;
		say_range(c, &u);
		upload_free(&u);
	}
}

static void
take_range(struct call *c, const struct upload *u, const char *range)
{
	long long from, to, total;
	struct buf path = {0};
	int64_t n = have(c, u);
	if (strncmp(range, "bytes */", 8) == 0) {
		c->serve->stats.resumes++;
		say_range(c, u);
	} else if (sscanf(range, "bytes %lld-%lld/%lld", &from, &to, &total) != 3 || from > to ||
		   total != u->size) {
		call_error(c, 400, "Content-Range does not fit");
	} else if (from != n || n == u->size) {
		say_range(c, u);
	} else if (to + 1 != total && (to + 1 - from) % CHUNK_UNIT != 0) {
		call_error(c, 400, "a chunk that is not the last is a multiple of 256 KiB");
	} else {
		part_path(c, &path, u->name);
		take_append(c, buf_cstr(&path), to + 1 - from, session_end);
	}
	buf_free(&path);
}

void
session_begin(struct call *c)
{
	struct upload u = {0};
	const char *range = call_header(c, "Content-Range");
	if (!call_permitted(c, "PUT") || !store_upload(c->serve->store, name_of(c), &u))
		call_error(c, 404, "there is no such session");
	else
		take_range(c, &u, range ? range : "");
	upload_free(&u);
}

/* "filename BASE64,..." decoded, or "file". */
static void
metadata_name(const struct call *c, struct buf *out)
{
	const char *text = call_header(c, "Upload-Metadata"),
		   *p = text ? strstr(text, "filename ") : NULL;
	if (!p || !base64_decode(out, (struct span){p + 9, strcspn(p + 9, ", ")}) || !out->n)
		buf_str(out, "file");
}

static void
tus_create(struct call *c)
{
	const char *length = call_header(c, "Upload-Length");
	struct buf given = {0}, name = {0}, path = {0}, url = {0}, when = {0}, result = {0};
	int64_t size = length ? span_number(span_of(length)) : -1;
	int64_t until = clock_wall() + (c->serve->cfg.url_ttl ? c->serve->cfg.url_ttl : TUS_TTL);
	metadata_name(c, &given);
	upload_server_name(&name, buf_cstr(&given));
	struct upload u = {.name = (char *)(uintptr_t)buf_cstr(&name), .type = "", .size = size};
	if (size < 1) {
		call_error(c, 400, "Upload-Length is missing");
	} else if (!store_upload_add(c->serve->store, &u)) {
		call_error(c, 500, "the upload could not be recorded");
	} else {
		c->serve->stats.uploads++;
		buf_fmt(&path, "/tus/%s", u.name);
		upload_url(c, &url, "PATCH", buf_cstr(&path), until);
		date_http(&when, until);
		json_open(&result);
		json_str(&result, "filename", span_of(u.name));
		json_close(&result);
		buf_fmt(call_json(c, 201), "{\"success\":true,\"result\":%s}", buf_cstr(&result));
		call_set(c, "Location", "%s", buf_cstr(&url));
		call_set(c, "Upload-Expires", "%s", buf_cstr(&when));
		if (call_header(c, "Content-Type")) /* bytes that come with it are not kept */
			call_set(c, "Upload-Offset", "0");
	}
	buf_free(&given), buf_free(&name), buf_free(&path), buf_free(&url), buf_free(&when),
		buf_free(&result);
}

/* Find the upload of a call. Return false, with an error response, if the call may not use it. */
static bool
tus_find(struct call *c, struct upload *u)
{
	const char *version = call_header(c, "Tus-Resumable");
	call_set(c, "Tus-Resumable", "1.0.0");
	if (!version || strcmp(version, "1.0.0") != 0)
		call_error(c, 412, "Tus-Resumable: 1.0.0 is missing");
	else if (!call_permitted(c, "PATCH"))
		call_error(c, 410, "the upload has expired");
	else if (!store_upload(c->serve->store, name_of(c), u))
		call_error(c, 404, "there is no such upload");
	return !c->status;
}

static void
tus_end(struct call *c)
{
	struct upload u;
	if (!store_upload(c->serve->store, name_of(c), &u)) {
		call_error(c, 404, "there is no such upload");
		return;
	}
	int64_t n = have(c, &u);
	c->serve->stats.parts++;
	if (n != u.size || complete(c, &u)) {
		c->status = 204;
		call_set(c, "Upload-Offset", "%lld", (long long)n);
	}
	upload_free(&u);
}

void
tus_begin(struct call *c)
{
	struct upload u = {0};
	struct buf path = {0};
	const char *type = call_header(c, "Content-Type"),
		   *offset = call_header(c, "Upload-Offset");
	if (tus_find(c, &u)) {
		int64_t n = have(c, &u);
		part_path(c, &path, u.name);
		if (!type || strcmp(type, "application/offset+octet-stream") != 0)
			call_error(c, 415,
				   "Content-Type: application/offset+octet-stream is missing");
		else if (!offset || span_number(span_of(offset)) != n)
			call_error(c, 409, "the offset is another");
		else
			take_append(c, buf_cstr(&path), u.size - n, tus_end);
	}
	buf_free(&path);
	upload_free(&u);
}

/* Remove an upload: the extension "termination". */
static void
tus_end_early(struct call *c, const struct upload *u)
{
	struct buf part = {0}, whole = {0};
	part_path(c, &part, u->name);
	whole_path(c, &whole, u);
	(void)unlink(buf_cstr(&part));
	(void)unlink(buf_cstr(&whole));
	if (store_upload_gone(c->serve->store, u->name)) {
		c->serve->stats.aborts++;
		c->status = 204;
	} else {
		call_error(c, 500, "the upload could not be removed");
	}
	buf_free(&part);
	buf_free(&whole);
}

void
tus_call(struct call *c)
{
	struct upload u = {0};
	if (strcmp(c->method, "POST") == 0) {
		tus_create(c);
	} else if (strcmp(c->method, "DELETE") == 0) {
		if (tus_find(c, &u))
			tus_end_early(c, &u);
	} else if (strcmp(c->method, "HEAD") != 0) {
		call_error(c, 405, "only POST, HEAD, PATCH and DELETE");
	} else if (tus_find(c, &u)) {
		c->serve->stats.resumes++;
		c->status = 200;
		call_set(c, "Upload-Offset", "%lld", (long long)have(c, &u));
		call_set(c, "Upload-Length", "%lld", (long long)u.size);
		call_set(c, "Cache-Control", "no-store");
	}
	upload_free(&u);
}
