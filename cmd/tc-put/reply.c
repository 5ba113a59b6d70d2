/* Responses of the hosts that take bytes. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/msg.h"
#include "put.h"
#include "json/json.h"

/* Return how many bytes a session has: Range: bytes=0-N; -1 if it has others. */
static int64_t
session_has(const struct http_response *r)
{
	static const char unit[] = "bytes=";
	struct span v = http_header(r, "Range");
	size_t n = sizeof unit - 1;
	if (!v.n)
		return 0;
	if (v.n >= n && memcmp(v.p, unit, n) == 0)
		v = (struct span){v.p + n, v.n - n};
	int64_t last = v.n > 2 && memcmp(v.p, "0-", 2) == 0
			       ? span_number((struct span){v.p + 2, v.n - 2})
			       : -1;
	return last < 0 ? -1 : last + 1;
}

/* Start over: what the host says of the bytes that it has cannot be. */
static void
contradicted(struct upload *u, const struct http_response *r, int64_t has)
{
	struct failure e = {0};
	refusal_say(u, &e, r, "bad_response", true);
	if (has < 0)
		buf_str(&e.message, ", which does not say how many bytes it has");
	else
		buf_fmt(&e.message, ", which says that it has %lld byte%s, and it was sent %lld",
			(long long)has, has == 1 ? "" : "s", (long long)u->given);
	step_restart(u, &e);
	failure_free(&e);
}

static void
set_offset(struct upload *u, const struct http_response *r, int64_t offset)
{
	if (offset < 0 || offset > u->given) {
		contradicted(u, r, offset);
		return;
	}
	step_progress(u, offset);
	if (offset <= u->offset && u->phase == PHASE_SEND &&
	    u->tries++ >= (unsigned)u->put->service.options.retries) {
		struct failure e = {0};
		failure_set(&e, "unavailable", true, "%s: the host accepts no bytes after %lld",
			    u->path, (long long)offset);
		step_fail(u, &e);
		failure_free(&e);
		return;
	}
	u->offset = offset;
	output_bytes(u, offset, 0);
	if (offset == u->source.size && u->kind == UPLOAD_TUS)
		step_bytes(u);
	else
		step_go(u, PHASE_SEND);
}

/* Read the response to the last bytes, if it is JSON. */
static void
read_body(struct upload *u, const struct http_response *r)
{
	struct span doc = json_body(buf_all(&r->body));
	if (!u->location && doc.n && !json_check_loose(doc, NULL))
		call_read(u, doc);
}

static void
session_answer(struct upload *u, const struct http_response *r)
{
	if (r->status == 308) {
		set_offset(u, r, session_has(r));
	} else if (r->status >= 200 && r->status < 300 && u->phase == PHASE_SEND &&
		   u->from + u->length < u->source.size) {
		set_offset(u, r, u->from + u->length); /* that chunk is accepted, not the file */
	} else if (r->status >= 200 && r->status < 300 && u->given < u->source.size) {
		contradicted(u, r, u->source.size);
	} else if (r->status >= 200 && r->status < 300) {
		read_body(u, r);
		u->offset = u->source.size;
		step_bytes(u);
	} else {
		refusal_of(u, r);
	}
}

static void
tus_answer(struct upload *u, const struct http_response *r)
{
	struct span expires = http_header(r, "Upload-Expires");
	int64_t end = expires.n ? date_parse_http(expires, clock_wall()) : -1;
	if (r->status < 200 || r->status >= 300) {
		refusal_of(u, r);
		return;
	}
	if (end > 0)
		u->remote.expires = end;
	set_offset(u, r, span_number(http_header(r, "Upload-Offset")));
}

/* Take the URL of a new session or tus upload from Location. */
static void
on_created(struct upload *u, const struct http_response *r)
{
	struct span location = http_header(r, "Location");
	struct failure e = {0};
	char *url = r->status >= 200 && r->status < 300 && location.n
			    ? http_url_join(u->remote.url, location)
			    : NULL;
	if (url) {
		free(u->remote.url);
		u->remote.url = url;
		u->remote.session = true;
		step_started(u);
	} else if (r->status >= 200 && r->status < 300) {
		refusal_say(u, &e, r, "bad_response", false);
		buf_str(&e.message, ", but no Location that could be used");
		step_fail(u, &e);
	} else {
		refusal_of(u, r);
	}
	failure_free(&e);
}

static void
on_part(struct upload *u, const struct http_response *r)
{
	struct span etag = http_header(r, "ETag");
	struct failure e = {0};
	if (!etag.n) {
		refusal_say(u, &e, r, "bad_response", false);
		buf_str(&e.message, ", but no ETag");
		step_fail(u, &e);
		failure_free(&e);
		return;
	}
	u->remote.parts[u->part].etag = mem_dup(etag);
	step_progress(u, u->from + u->length);
	resume_note_part(u);
	step_bytes(u);
}

static void
answered(struct upload *u, const struct http_response *r)
{
	u->put->taken = u->put->taken || (u->location && r->status >= 200 && r->status < 300);
	if (multipart_asks(u))
		multipart_reply(u, r);
	else if (u->phase == PHASE_CREATE)
		on_created(u, r);
	else if (u->kind == UPLOAD_RESUMABLE)
		session_answer(u, r);
	else if (u->kind == UPLOAD_TUS)
		tus_answer(u, r);
	else if (r->status < 200 || r->status >= 300)
		refusal_of(u, r);
	else if (u->kind == UPLOAD_PARTS)
		on_part(u, r);
	else {
		read_body(u, r);
		step_bytes(u);
	}
}

void
reply_done(void *arg, const struct http_response *r)
{
	struct upload *u = arg;
	struct failure e = {0};
	msg_debug("line %zu: %d %s (%lld ms)", u->step.item.index + 1, r->status,
		  r->end == HTTP_ANSWERED ? "" : r->why,
		  (long long)((r->ended - r->began) / MILLISECOND));
	if (u->phase == PHASE_ABORT) {
		step_fail(u, &u->error);
	} else if (u->changed) {
		failure_set(&e, "unavailable", true, "%s: changed while it was read", u->path);
		step_fail(u, &e);
	} else if (r->end == HTTP_ANSWERED) {
		answered(u, r);
	} else {
		bool temporary = r->end != HTTP_UNTRUSTED;
		refusal_say(u, &e, r, "unavailable", temporary);
		if (temporary)
			refusal_retry(u, &e, -1);
		else
			step_fail(u, &e);
	}
	failure_free(&e);
}
