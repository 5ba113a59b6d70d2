#include "route.h"

#include <string.h>

#include "api/bucket.h"
#include "api/connect.h"
#include "api/form.h"
#include "api/micro.h"
#include "api/micro_response.h"
#include "api/session.h"
#include "api/sigv4.h"
#include "api/transcodely.h"
#include "api/upload.h"
#include "api/video.h"
#include "api/video_parts.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/digest.h"
#include "http/call.h"
#include "http/files.h"
#include "serve.h"
#include "json/json.h"

static bool
is_connect(const struct call *c)
{
	return str_starts(c->path, "/transcodely.");
}

static bool
is_api(const struct call *c)
{
	return str_starts(c->path, "/v1/") || is_connect(c);
}

void
route_refuse(struct call *c, int status, const char *code, const char *domain, const char *message)
{
	if (is_connect(c))
		connect_error(c, status, code, domain, "%s", message);
	else
		micro_error(c, status, message, NULL);
}

static enum call_kind
kind_of(const struct call *c)
{
	const char *p = c->path;
	if (is_connect(c))
		return strstr(p, "/Create") ? CALL_CREATE
		       : strstr(p, "/Get") || strstr(p, "/List") || strstr(p, "/Watch")
			       ? CALL_GET
			       : CALL_OTHER;
	if (strcmp(c->method, "POST") == 0 && strcmp(p, "/v1/transcodes") == 0)
		return CALL_CREATE;
	return strcmp(c->method, "GET") == 0 ? CALL_GET : CALL_OTHER;
}

static bool
key_is_good(const struct call *c)
{
	static const char bearer[] = "Bearer ";
	const char *h = call_header(c, "Authorization");
	if (!h || strncmp(h, bearer, sizeof bearer - 1) != 0 || !h[sizeof bearer - 1])
		return false;
	struct span key = span_of(h + sizeof bearer - 1);
	return c->serve->key.n == 0 || digest_same(key, buf_all(&c->serve->key));
}

/* Return true, with a 429 response, if the call exceeds the rate. */
static bool
over_rate(struct call *c)
{
	struct rate *r = &c->serve->rate;
	long wait = rate_take(r, clock_now());
	if (wait == 0)
		return false;
	route_refuse(c, 429, "resource_exhausted", "rate_limit_exceeded", "Too many requests");
	wait = r->retry_after >= 0 ? r->retry_after : wait;
	if (r->date) {
		struct buf b = {0};
		date_http(&b, clock_wall() + wait * SECOND);
		call_set(c, "Retry-After", "%s", buf_cstr(&b));
		buf_free(&b);
	} else {
		call_set(c, "Retry-After", "%ld", wait);
	}
	return true;
}

static void
api_call(struct call *c)
{
	struct serve *s = c->serve;
	c->api = true;
	s->stats.requests++;
	s->stats.by_kind[kind_of(c)]++;
	connect_begin(c);
	if (over_rate(c) || transcodely_health(c))
		return;
	if (!key_is_good(c)) {
		route_refuse(c, 401, "unauthenticated", "invalid_api_key",
			     "Missing or invalid API key");
		return;
	}
	if (c->too_big) {
		route_refuse(c, 413, "invalid_argument", "request_too_large",
			     "The request body is larger than 1 MiB");
		return;
	}
	c->fault = fault_draw(&s->faults, kind_of(c));
	if (c->fault != FAULT_NONE && c->fault <= FAULT_LAST_BEFORE)
		return; /* the call is not carried out: answer() makes up a response */
	if (is_connect(c))
		transcodely_call(c);
	else
		micro_call(c);
}

static void
health(struct call *c)
{
	struct buf iso = {0}, *out = call_json(c, 200);
	date_rfc3339_ms(&iso, clock_wall());
	json_open(out);
	json_bool(out, "ok", true);
	json_str(out, "timestamp", buf_all(&iso));
	json_close(out);
	buf_free(&iso);
}

void
route_unframed(struct call *c)
{
	route_refuse(c, 400, "invalid_argument", "bad_request",
		     "the headers do not say in one way where the body ends");
	call_set(c, "Connection", "close");
}

void
route_begin(struct call *c)
{
	c->keeps_body = is_api(c) && key_is_good(c);
	if (str_starts(c->path, "/upload/") && strcmp(c->method, "PUT") == 0)
		upload_begin(c);
	else if (str_starts(c->path, "/part/") && strcmp(c->method, "PUT") == 0)
		video_part_begin(c);
	else if (str_starts(c->path, "/session/") && strcmp(c->method, "PUT") == 0)
		session_begin(c);
	else if (str_starts(c->path, "/tus/") && strcmp(c->method, "PATCH") == 0)
		tus_begin(c);
	else if (strcmp(c->path, "/v1/files") == 0 && strcmp(c->method, "POST") == 0 &&
		 key_is_good(c))
		form_begin(c);
	else if (sigv4_is(c))
		bucket_begin(c);
}

static void
with_key(struct call *c, void (*run)(struct call *c))
{
	if (key_is_good(c))
		run(c);
	else
		route_refuse(c, 401, "", "", "Missing or invalid API key");
}

void
route(struct call *c)
{
	if (c->status)
		return;
	if (c->put_fd >= 0)
		c->put_end(c);
	else if (sigv4_is(c))
		bucket_call(c);
	else if (is_api(c))
		api_call(c);
	else if (bucket_is_google(c) || strcmp(c->path, "/tus") == 0)
		with_key(c, bucket_is_google(c) ? bucket_session : tus_call);
	else if (str_starts(c->path, "/tus/"))
		tus_call(c);
	else if (str_starts(c->path, "/upload/") && strcmp(c->method, "POST") == 0)
		session_start(c);
	else if (str_starts(c->path, "/files/") || str_starts(c->path, "/hls/"))
		files_get(c);
	else if (strcmp(c->path, "/_stats") == 0)
		stats_json(&c->serve->stats, call_json(c, 200));
	else if (strcmp(c->path, "/health-check") == 0)
		health(c);
	else
		micro_error(c, 404, "Not found", "there is no %s here", c->path);
}
