#include "service/response_class.h"

#include <string.h>
#include <strings.h>

#include "base/space.h"
#include "flow/retry.h"
#include "service/body_text.h"
#include "json/json.h"

/* Return true if the body says "too many" in words, as the profile lists them for this status. */
static bool
says_throttled(const struct profile *p, const struct http_response *r)
{
	struct span body = buf_all(&r->body);
	for (size_t i = 0; i < p->throttle_text_n; i++)
		for (size_t k = 0;
		     p->throttle_text[i].status == r->status && k < p->throttle_text[i].words.n;
		     k++) {
			const char *word = p->throttle_text[i].words.v[k];
			size_t n = strlen(word);
			for (size_t at = 0; at + n <= body.n; at++)
				if (strncasecmp(body.p + at, word, n) == 0)
					return true;
		}
	return false;
}

/* Note in *ctx whether a value is there, and not null, false, 0 or empty. */
static bool
is_true(void *ctx, struct span v)
{
	bool *found = ctx;
	struct span key, element;
	struct json_iter it;
	double n;
	switch (json_type(v)) {
	case JSON_TRUE:
		*found = true;
		break;
	case JSON_NUMBER:
		*found = json_number(v, &n) && (n < 0 || n > 0);
		break;
	case JSON_STRING:
		*found = span_trim(v).n > 2;
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		it = json_each(v);
		*found = json_next(&it, &key, &element);
		break;
	default:
		break;
	}
	return !*found;
}

bool
response_says_failed(const struct profile *p, struct span doc)
{
	bool found = false;
	for (size_t i = 0; i < p->error_when.n && !found && doc.n; i++)
		json_walk(doc, p->error_when.v[i], is_true, &found);
	return found;
}

enum response_class
response_classify(const struct profile *p, const struct http_response *r,
		  const struct error_body *body)
{
	int status = r->status;
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
	if (says_throttled(p, r))
		return RESPONSE_THROTTLED;
	if (numbers_have(&p->quota, status))
		return RESPONSE_QUOTA;
	if (numbers_have(&p->unauthorized, status))
		return RESPONSE_UNAUTHORIZED;
	if (numbers_have(&p->throttle, status) || status == 429)
		return RESPONSE_THROTTLED;
	if (numbers_have(&p->transient, status) || retry_transient(status))
		return RESPONSE_TRANSIENT;
	return status == 401 ? RESPONSE_UNAUTHORIZED : RESPONSE_REJECTED;
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
		[RESPONSE_QUOTA] = "quota",           [RESPONSE_UNAUTHORIZED] = "unauthorized",
		[RESPONSE_QUEUE_FULL] = "throttled",  [RESPONSE_THROTTLED] = "throttled",
		[RESPONSE_TRANSIENT] = "unavailable", [RESPONSE_REJECTED] = "rejected",
	};
	return class == RESPONSE_REJECTED && status >= 500 ? "unavailable" : codes[class];
}

void
response_describe(struct failure *e, enum response_class class, const struct http_response *r,
		  const struct error_body *body)
{
	struct span location = http_header(r, "Location");
	struct buf said = {0};
	const char *code = record_code(class, r->status);
	bool temporary = class == RESPONSE_QUEUE_FULL || class == RESPONSE_THROTTLED ||
			 class == RESPONSE_TRANSIENT;
	body_text(&said, buf_all(&r->body));
	if (body->message.n)
		failure_set(e, code, temporary, "%.*s", (int)body->message.n, body->message.p);
	else if (r->status >= 300 && r->status < 400 && location.n)
		failure_set(e, code, temporary,
			    "HTTP %d: redirects to %.*s, which is not followed: correct --base-url",
			    r->status, (int)location.n, location.p);
	else
		failure_set(e, code, temporary, "HTTP %d%s%s", r->status, said.n ? ": " : "",
			    buf_cstr(&said));
	buf_free(&said);
	e->http = r->status;
	e->reason.n = 0;
	if (body->n)
		buf_cut(&e->reason, span_of(body->codes[0]), FAILURE_SAID);
}
