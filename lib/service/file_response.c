/* What becomes of a question about a file that is not the service's own: is it there? */
#include "service/response.h"

#include "base/clock.h"
#include "base/msg.h"
#include "flow/retry.h"

/* Of a status that is no success. An empty file has no first byte: it is there. */
static bool
there(const struct http_response *r)
{
	return (r->status >= 200 && r->status < 300) || r->status == 416;
}

static void
explain(struct failure *e, const struct http_response *r, struct span host, bool transient)
{
	int n = (int)host.n;
	bool answered = r->end == HTTP_ANSWERED || r->end == HTTP_STOPPED;
	if (answered)
		failure_set(e, transient ? "unavailable" : "rejected", transient, "%.*s: HTTP %d", n, host.p, r->status);
	else if (r->end == HTTP_UNTRUSTED)
		failure_set(e, "unavailable", false, "%.*s: not a host or URL that can be trusted: %s", n, host.p, r->why);
	else
		failure_set(e, transient ? "unavailable" : "bad_response", transient, "%.*s: %s", n, host.p, r->why);
	e->http = r->status;
}

void
reply_file(struct service *s, const struct pending_call *sent, const struct http_response *r)
{
	struct failure e = {0};
	bool answered = r->end == HTTP_ANSWERED || r->end == HTTP_STOPPED;
	bool transient = answered ? retry_transient(r->status) : r->end == HTTP_UNSENT || r->end == HTTP_LOST;
	int64_t now = clock_wall(), asked = retry_after(http_header(r, "Retry-After"), now, 0);
	msg_debug("line %zu: %d %s", sent->step->item.index + 1, r->status, answered ? "" : r->why);
	if (answered && there(r)) {
		sent->step->failures = 0;
		reply_hand_over(s, sent->step, CALL_OK, (struct span){0}, NULL, r->status);
	} else if (!transient || !reply_try_again(s, sent->step, asked)) {
		explain(&e, r, http_origin(sent->url), transient);
		e.retry_after = asked > 0 ? asked : 0;
		reply_hand_over(s, sent->step, CALL_FAILED, (struct span){0}, &e, r->status);
	}
	failure_free(&e);
}
