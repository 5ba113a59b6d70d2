#include "http/response.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/call.h"
#include "http/download.h"
#include "http/suspend.h"
#include "serve.h"

/*
 * A slow response is sent in DRIPS pieces, one per DRIP; a response that is
 * slow to start waits for as long as all of these take.
 */
#define DRIPS 8
#define DRIP (250 * MILLISECOND)

/* A body sent in pieces, or cut off half way. Owned by the response. */
struct drip {
	struct serve *serve;
	struct MHD_Connection *conn;
	struct buf body;
	bool truncate;
	int64_t due;
};

int64_t
response_delay(const struct call *c)
{
	if (!c->api)
		return 0;
	return c->serve->cfg.latency + (c->fault == FAULT_SLOW_TO_START ? DRIPS * DRIP : 0);
}

static ssize_t
read_drip(void *cls, uint64_t at, char *to, size_t max)
{
	struct drip *d = cls;
	size_t left = d->body.n - (size_t)at, piece = d->body.n / DRIPS + 1;
	if (d->truncate) {
		size_t half = d->body.n / 2;
		if (at >= half)
			return MHD_CONTENT_READER_END_WITH_ERROR;
		left = half - (size_t)at;
	} else {
		/* one piece, then sleep */
		int64_t now = clock_now();
		if (now < d->due) {
			suspend_until(d->serve, d->conn, d->due);
			return 0;
		}
		d->due = now + DRIP;
		left = left < piece ? left : piece;
	}
	left = left < max ? left : max;
	memcpy(to, d->body.p + at, left);
	return (ssize_t)left;
}

static void
free_drip(void *cls)
{
	struct drip *d = cls;
	buf_free(&d->body);
	free(d);
}

static struct MHD_Response *
drip_response(struct call *c)
{
	struct drip *d = mem_zero(sizeof *d);
	d->serve = c->serve;
	d->conn = c->conn;
	d->body = c->out;
	d->truncate = c->fault == FAULT_TRUNCATE;
	c->out = (struct buf){0};
	return MHD_create_response_from_callback(d->body.n, 4096, read_drip, d, free_drip);
}

/* Replace the response by an error in the format of the service that was called. */
static void
fail(struct call *c, int status, const char *code, const char *domain)
{
	c->headers.n = 0;
	c->stream = false;
	call_drop_stream(c);
	c->refuse(c, status, code, domain, "fault on request");
}

/* Replace or corrupt the response as the fault requires. */
static void
apply_fault(struct call *c)
{
	switch (c->fault) {
	case FAULT_STATUS_500:
	case FAULT_STATUS_500_AFTER:
		fail(c, 500, "internal", "internal_error");
		break;
	case FAULT_STATUS_503:
		fail(c, 503, "unavailable", "service_unavailable");
		break;
	case FAULT_HTML:
		c->headers.n = 0;
		call_drop_stream(c);
		buf_str(call_json(c, 200),
			"<!DOCTYPE html>\n<html><body><h1>Please log in</h1></body></html>\n");
		c->type = "text/html";
		break;
	case FAULT_MALFORMED:
		c->out.n -= c->out.n ? 1 : 0; /* the last brace */
		buf_str(&c->out, ",]");
		break;
	default:
		break;
	}
}

static void
add_headers(struct MHD_Response *r, struct call *c)
{
	if (c->type)
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, c->type);
	if (c->request_id)
		MHD_add_response_header(r, "X-Request-Id", c->request_id);
	char *p = c->headers.n ? (char *)(uintptr_t)buf_cstr(&c->headers) : NULL;
	while (p && *p) {
		char *colon = strchr(p, ':'), *end = strchr(p, '\n');
		*colon = *end = '\0';
		MHD_add_response_header(r, p, colon + 2);
		p = end + 1;
	}
}

static struct MHD_Response *
make_response(struct call *c)
{
	if (c->file_fd >= 0)
		return download_response(c);
	if (c->body_stream.data) {
		void *data = c->body_stream.data;
		c->body_stream.data = NULL;
		return c->body_stream.respond(data);
	}
	if (c->fault == FAULT_TRUNCATE || c->fault == FAULT_SLOW)
		return drip_response(c);
	return MHD_create_response_from_buffer(
		c->out.n, c->out.n ? c->out.p : (void *)(uintptr_t) "", MHD_RESPMEM_MUST_COPY);
}

bool
answer(struct call *c)
{
	struct stats *st = &c->serve->stats;
	if (c->fault != FAULT_NONE)
		st->faults++;
	if (c->fault == FAULT_DROP_BEFORE || c->fault == FAULT_DROP_AFTER) {
		st->no_answer++;
		return false;
	}
	apply_fault(c);
	if (c->status >= 100 && c->status < 600)
		st->by_status[c->status]++;
	struct MHD_Response *r = make_response(c);
	if (!r)
		return false;
	add_headers(r, c);
	bool ok = MHD_queue_response(c->conn, (unsigned)c->status, r) == MHD_YES;
	MHD_destroy_response(r);
	return ok;
}
