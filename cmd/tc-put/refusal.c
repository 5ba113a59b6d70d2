/* Responses that refuse bytes, and requests that failed: another try, another URL, or the end. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/msg.h"
#include "flow/retry.h"
#include "http/storage.h"
#include "put.h"
#include "service/body_text.h"

/* S3's errors that pass, though their status is 400. */
static const char *const passing[] = {"RequestTimeout", "IncompleteBody", NULL};

/* Return true for a session or tus upload, whose host knows its offset. */
static bool
knows_offset(const struct upload *u)
{
	return u->remote.session && (u->kind == UPLOAD_RESUMABLE || u->kind == UPLOAD_TUS);
}

void
refusal_say(struct upload *u, struct failure *e, const struct http_response *r, const char *code,
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

/* Return true if the host has answered 429, and does not do so for too long: no failure counts. */
static bool
is_throttled(struct upload *u, const struct failure *e)
{
	int64_t now = clock_now();
	if (e->http != 429)
		u->throttled = u->throttles = 0;
	else if (!u->throttled)
		u->throttled = now;
	return u->throttled && now - u->throttled <= u->put->service.options.max_throttle;
}

void
refusal_retry(struct upload *u, struct failure *e, int64_t asked)
{
	const struct service_options *o = &u->put->service.options;
	bool throttled = is_throttled(u, e);
	bool stopping = u->put->service.flow.stopping;
	if (stopping || (!throttled && u->tries >= (unsigned)o->retries) || asked > o->max_wait) {
		if (stopping)
			failure_set(e, "interrupted", true, "%s: interrupted; run again to resume",
				    u->path);
		else if (asked > 0)
			e->retry_after = asked;
		step_fail(u, e);
		return;
	}
	unsigned *n = throttled ? &u->throttles : &u->tries;
	int64_t base = u->put->service.profile->backoff,
		own = retry_backoff((*n)++, base, 60 * base, retry_chance());
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

/* Return true if the bucket refuses the key, or its use for this object. */
static bool
is_denied(const struct upload *u, const struct http_response *r)
{
	return u->location && !u->remote.session &&
	       (r->status == 401 || r->status == 403 || storage_refuses_key(r));
}

/* Handle a refusal of the bucket's key: stop the run, unless the key was accepted before and only
 * this object is refused. */
static void
denied(struct upload *u, const struct http_response *r, struct failure *e)
{
	struct put *p = u->put;
	bool key = !p->taken || storage_refuses_key(r);
	struct buf said = {0};
	body_text(&said, buf_all(&r->body));
	failure_set(e, key ? "unauthorized" : "rejected", false, "%s: HTTP %d%s%s", u->location,
		    r->status, said.n ? ": " : "", buf_cstr(&said));
	buf_free(&said);
	e->http = r->status;
	if (key)
		flow_stop(&p->service.flow, EXIT_REFUSED);
	step_fail(u, e);
}

void
refusal_of(struct upload *u, const struct http_response *r)
{
	struct failure e = {0};
	int status = r->status;
	int64_t asked = retry_after(http_header(r, "Retry-After"), clock_wall(), 0);
	bool tus = u->kind == UPLOAD_TUS, ended = status == 400 || status == 401 || status == 403 ||
						  status == 404 || status == 410;
	bool again = retry_transient(status) ||
		     (tus && (status == 409 || status == 423 || status == 460)) ||
		     (u->location && storage_says(r, passing));
	refusal_say(u, &e, r,
		    status == 429 ? "throttled"
		    : again       ? "unavailable"
				  : "rejected",
		    again);
	if (again) {
		refusal_retry(u, &e, asked);
	} else if (is_denied(u, r)) {
		denied(u, r, &e);
	} else if (ended && (!u->location || u->remote.session ||
			     (multipart_is(u) && u->phase == PHASE_SEND && status == 404))) {
		gone(u, &e, status);
	} else {
		step_fail(u, &e);
	}
	failure_free(&e);
}
