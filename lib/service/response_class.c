#include "service/response_class.h"

#include "flow/retry.h"

enum { BODY_SHOWN = 200 };

enum response_class
response_classify(const struct profile *p, int status, const struct error_body *body)
{
	for (size_t i = 0; i < body->n; i++) {
		if (strings_have(&p->quota_codes, body->codes[i]))
			return RESPONSE_QUOTA;
		if (strings_have(&p->queue_codes, body->codes[i]))
			return RESPONSE_QUEUE_FULL;
		if (strings_have(&p->unauthorized_codes, body->codes[i]))
			return RESPONSE_UNAUTHORIZED;
		if (strings_have(&p->throttle_codes, body->codes[i]))
			return RESPONSE_THROTTLED;
		if (strings_have(&p->transient_codes, body->codes[i]))
			return RESPONSE_TRANSIENT;
	}
	if (numbers_have(&p->quota, status))
		return RESPONSE_QUOTA;
	if (numbers_have(&p->unauthorized, status))
		return RESPONSE_UNAUTHORIZED;
	if (numbers_have(&p->throttle, status) || status == 429)
		return RESPONSE_THROTTLED;
	if (numbers_have(&p->transient, status) || retry_transient(status))
		return RESPONSE_TRANSIENT;
	return RESPONSE_REJECTED;
}

bool
response_may_have_acted(int status)
{
	return status >= 500 && !(retry_status(status) & RETRY_UNREACHED);
}

/* The code of tc-record(5). */
static const char *
record_code(enum response_class class, int status)
{
	static const char *const codes[] = {
		[RESPONSE_QUOTA] = "quota",	    [RESPONSE_UNAUTHORIZED] = "unauthorized",
		[RESPONSE_QUEUE_FULL] = "throttled", [RESPONSE_THROTTLED] = "throttled",
		[RESPONSE_TRANSIENT] = "unavailable", [RESPONSE_REJECTED] = "rejected",
	};
	return class == RESPONSE_REJECTED && status >= 500 ? "unavailable" : codes[class];
}

void
response_describe(struct failure *e, enum response_class class, const struct http_response *r,
		  const struct error_body *body)
{
	struct span text = buf_all(&r->body), location = http_header(r, "Location");
	const char *code = record_code(class, r->status);
	bool temporary = class == RESPONSE_QUEUE_FULL || class == RESPONSE_THROTTLED || class == RESPONSE_TRANSIENT;
	if (body->message.n)
		failure_set(e, code, temporary, "%.*s", (int)body->message.n, body->message.p);
	else if (r->status >= 300 && r->status < 400)
		failure_set(e, code, temporary, "HTTP %d: redirects to %.*s, which is not followed: correct --base-url", r->status,
			    (int)location.n, location.p);
	else
		failure_set(e, code, temporary, "HTTP %d: %.*s", r->status, (int)(text.n < BODY_SHOWN ? text.n : BODY_SHOWN), text.p);
	e->http = r->status;
	e->reason.n = 0;
	if (body->n)
		buf_cut(&e->reason, span_of(body->codes[0]), FAILURE_SAID);
}
