/* Whether a file of another host is there, from the response to a request for its first byte. */
#include "service/response.h"

#include "base/clock.h"
#include "base/msg.h"
#include "flow/retry.h"

/* An empty file has no first byte, and 416 says so. */
static bool
is_there(const struct http_response *r)
{
	return (r->status >= 200 && r->status < 300) || r->status == 416;
}

static void
explain(struct failure *e, const struct http_response *r, struct span host, bool transient)
{
	int n = (int)host.n;
	bool answered = r->end == HTTP_ANSWERED || r->end == HTTP_STOPPED;
	if (answered)
		failure_set(e, transient ? "unavailable" : "rejected", transient, "%.*s: HTTP %d",
			    n, host.p, r->status);
	else if (r->end == HTTP_UNTRUSTED)
		failure_set(e, "unavailable", false,
			    "%.*s: not a host or URL that can be trusted: %s", n, host.p, r->why);
	else
		failure_set(e, transient ? "unavailable" : "bad_response", transient, "%.*s: %s", n,
			    host.p, r->why);
	e->http = r->status;
}

void
response_of_file(struct service *s, const struct pending_call *c, const struct http_response *r)
{
	struct failure e = {0};
	bool answered = r->end == HTTP_ANSWERED || r->end == HTTP_STOPPED;
	bool transient = answered ? retry_transient(r->status)
				  : r->end == HTTP_UNSENT || r->end == HTTP_LOST;
	int64_t now = clock_wall(), asked = retry_after(http_header(r, "Retry-After"), now, 0);
	msg_debug("line %zu: %d %s", c->item->item.index + 1, r->status, answered ? "" : r->why);
	if (answered && is_there(r)) {
		c->item->failures = 0;
		s->tool->done(s, c->item,
			      &(struct call_result){.kind = CALL_OK, .status = r->status});
	} else if (!transient || !response_retry(s, c->item, asked)) {
		explain(&e, r, http_origin(c->url), transient);
		e.retry_after = asked > 0 ? asked : 0;
		response_deliver(s, c->item, CALL_FAILED, &e, r->status);
	}
	failure_free(&e);
}
