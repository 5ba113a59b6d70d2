/* Responses of the hosts that take bytes. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/msg.h"
#include "flow/retry.h"
#include "put.h"
#include "service/body_text.h"
#include "json/json.h"

/* Return true for a session or tus upload, whose host knows its offset. */
static bool
knows_offset(const struct upload *u)
{
	return u->remote.session && (u->kind == UPLOAD_RESUMABLE || u->kind == UPLOAD_TUS);
}

void
reply_say(struct upload *u, struct failure *e, const struct http_response *r, const char *code,
	  bool temporary)
{
	struct span host = http_origin(u->remote.url ? u->remote.url : u->put->service.base_url);
	struct buf said = {0};
	body_text(&said, buf_all(&r->body));
	if (u->kind == UPLOAD_PARTS && u->part < u->remote.parts_n && u->remote.parts[u->part].url)
		host = http_origin(u->remote.parts[u->part].url);
	if (r->end == HTTP_ANSWERED)
		failure_set(e, code, temporary, "%s: %.*s: HTTP %d%s%s", u->path, (int)host.n,
			    host.p, r->status, said.n ? ": " : "", buf_cstr(&said));
	else
		failure_set(e, code, temporary, "%s: %.*s: %s", u->path, (int)host.n, host.p,
			    r->why);
	buf_free(&said);
	e->http = r->status;
}

void
reply_try_again(struct upload *u, struct failure *e, int64_t asked)
{
	const struct service_options *o = &u->put->service.options;
	bool stopping = u->put->service.flow.stopping;
	if (stopping || u->tries >= (unsigned)o->retries || asked > o->max_wait) {
		if (stopping)
			failure_set(e, "interrupted", true, "%s: interrupted; run again to resume",
				    u->path);
		else if (asked > 0)
			e->retry_after = asked;
		step_fail(u, e);
		return;
	}
	int64_t base = u->put->service.profile->backoff,
		own = retry_backoff(u->tries++, base, 60 * base, retry_chance());
	step_later(u, knows_offset(u) ? PHASE_OFFSET : u->phase,
		   clock_now() + retry_wait(own, asked, retry_chance()));
}

/* Handle a signed URL, session or upload that is no longer accepted: ask for another. */
static void
gone(struct upload *u, const struct failure *e, int status)
{
	struct remote *r = &u->remote;
	bool url_alone = u->kind == UPLOAD_PARTS && status != 404 && status != 410 &&
			 u->put->profile->more.method;
	if (!url_alone || u->restarts >= 3) {
		step_restart(u, e);
		return;
	}
	u->restarts++;
	for (size_t i = 0; i < r->parts_n; i++) {
		free(r->parts[i].url);
		r->parts[i].url = NULL;
	}
	step_go(u, PHASE_MORE);
}

/* Handle a refusal of the bucket's key: stop the run, unless the key was accepted before and only
 * this object is refused. */
static void
key_refused(struct upload *u, const struct http_response *r, struct failure *e)
{
	struct put *p = u->put;
	failure_set(e, p->taken ? "rejected" : "unauthorized", false, "%s: HTTP %d: %.*s",
		    u->location, r->status, (int)(r->body.n < 200 ? r->body.n : 200),
		    r->body.p ? r->body.p : "");
	e->http = r->status;
	if (!p->taken)
		flow_stop(&p->service.flow, EXIT_REFUSED);
}

void
reply_refused(struct upload *u, const struct http_response *r)
{
	struct failure e = {0};
	int status = r->status;
	int64_t asked = retry_after(http_header(r, "Retry-After"), clock_wall(), 0);
	bool tus = u->kind == UPLOAD_TUS, ended = status == 400 || status == 401 || status == 403 ||
						  status == 404 || status == 410;
	bool again = retry_transient(status) ||
		     (tus && (status == 409 || status == 423 || status == 460));
	reply_say(u, &e, r, again ? "unavailable" : "rejected", again);
	if (again) {
		reply_try_again(u, &e, asked);
	} else if (u->location && (status == 401 || status == 403) && !u->remote.session) {
		key_refused(u, r, &e);
		step_fail(u, &e);
	} else if (ended && (!u->location || u->remote.session ||
			     (multipart_is(u) && u->phase == PHASE_SEND && status == 404))) {
		gone(u, &e, status);
	} else {
		step_fail(u, &e);
	}
	failure_free(&e);
}

/* Return how many bytes a session has: Range: bytes=0-N. */
static int64_t
session_has(const struct http_response *r)
{
	struct span v = http_header(r, "Range");
	const char *dash = v.n ? memchr(v.p, '-', v.n) : NULL;
	int64_t last =
		dash ? span_number((struct span){dash + 1, v.n - (size_t)(dash + 1 - v.p)}) : -1;
	return v.n ? last + 1 : 0;
}

static void
set_offset(struct upload *u, const struct http_response *r, int64_t offset)
{
	if (offset < 0 || offset > u->source.size) {
		struct failure e = {0};
		reply_say(u, &e, r, "bad_response", true);
		step_restart(u, &e);
		failure_free(&e);
		return;
	}
	if (offset > u->offset)
		u->tries = u->restarts = 0;
	else if (u->phase == PHASE_SEND &&
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
	} else if (r->status >= 200 && r->status < 300) {
		read_body(u, r);
		u->offset = u->source.size;
		step_bytes(u);
	} else {
		reply_refused(u, r);
	}
}

static void
tus_answer(struct upload *u, const struct http_response *r)
{
	struct span expires = http_header(r, "Upload-Expires");
	int64_t end = expires.n ? date_parse_http(expires, clock_wall()) : -1;
	if (r->status < 200 || r->status >= 300) {
		reply_refused(u, r);
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
		reply_say(u, &e, r, "bad_response", false);
		buf_str(&e.message, "no Location that could be used");
		step_fail(u, &e);
	} else {
		reply_refused(u, r);
	}
	failure_free(&e);
}

static void
on_part(struct upload *u, const struct http_response *r)
{
	struct span etag = http_header(r, "ETag");
	struct failure e = {0};
	if (!etag.n) {
		reply_say(u, &e, r, "bad_response", false);
		buf_str(&e.message, ", but no ETag");
		step_fail(u, &e);
		failure_free(&e);
		return;
	}
	u->remote.parts[u->part].etag = mem_dup(etag);
	u->restarts = 0;
	resume_note_part(u);
	step_bytes(u);
}

static void
answered(struct upload *u, const struct http_response *r)
{
	u->put->taken = u->put->taken || (u->location && r->status >= 200 && r->status < 300);
	if (multipart_asks(u))
		multipart_answer(u, r);
	else if (u->phase == PHASE_CREATE)
		on_created(u, r);
	else if (u->kind == UPLOAD_RESUMABLE)
		session_answer(u, r);
	else if (u->kind == UPLOAD_TUS)
		tus_answer(u, r);
	else if (r->status < 200 || r->status >= 300)
		reply_refused(u, r);
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
		reply_say(u, &e, r, "unavailable", temporary);
		if (temporary)
			reply_try_again(u, &e, -1);
		else
			step_fail(u, &e);
	}
	failure_free(&e);
}
