/* What class of response a service's error is, and what is said of it. */
#include <stdlib.h>

#include "service/response_class.h"
#include "test.h"

static const char profile_text[] =
	"{\"name\":\"test\",\"base_url\":\"http://localhost:1\",\"auth\":{\"type\":\"none\"},"
	"\"create\":{\"method\":\"POST\",\"path\":\"/"
	"jobs\"},\"get\":{\"method\":\"GET\",\"path\":\"/jobs/{id}\"},"
	"\"request\":{\"source\":{\"url\":\"/input\"}},"
	"\"job\":{\"at\":[\"\"],\"id\":[\"/id\"],\"status\":[\"/"
	"status\"]},\"states\":{\"done\":\"succeeded\"},"
	"\"errors\":{\"code\":[\"/code\"],\"message\":[\"/"
	"message\"],\"code_header\":\"X-Code\",\"when\":[\"/failed\"],"
	"\"unauthorized\":[498],\"throttle\":[509],\"throttle_codes\":[\"slow_down\"],\"queue_"
	"codes\":[\"queue_full\"],"
	"\"throttle_text\":{\"403\":[\"Rate limit\"]},"
	"\"unauthorized_codes\":[\"bad_key\"],\"quota\":[402],\"quota_codes\":[\"no_credit\"],"
	"\"transient\":[423],\"transient_codes\":[\"locked\"]}}";

struct response {
	struct http_response r;
	struct error_body body;
};

static void
make(struct response *x, const struct profile *p, int status, const char *head, const char *body)
{
	*x = (struct response){.r = {.status = status}};
	buf_str(&x->r.head, head);
	buf_str(&x->r.body, body);
	error_body_read(&x->body, p, &x->r);
}

static void
drop(struct response *x)
{
	error_body_free(&x->body);
	buf_free(&x->r.head);
	buf_free(&x->r.body);
}

static void
test_classes(const struct profile *p)
{
	static const struct {
		int status;
		const char *head, *body;
		enum response_class class;
		const char *what;
	} cases[] = {
		{400, "", "{}", RESPONSE_REJECTED, "400 is a refusal of the request"},
		{401, "", "", RESPONSE_UNAUTHORIZED, "401 is a refused key, if it is not listed"},
		{498, "", "", RESPONSE_UNAUTHORIZED,
		 "a status that the profile lists as a refused key"},
		{402, "", "", RESPONSE_QUOTA, "a status that the profile lists as quota"},
		{429, "", "", RESPONSE_THROTTLED, "429 is throttling, whatever the profile says"},
		{509, "", "", RESPONSE_THROTTLED, "a status that the profile lists as throttling"},
		{423, "", "", RESPONSE_TRANSIENT, "a status that the profile lists as transient"},
		{503, "", "", RESPONSE_TRANSIENT, "503 is transient"},
		{404, "", "not JSON", RESPONSE_REJECTED, "404 is a refusal, with any body"},
		{400, "", "{\"code\":\"slow_down\"}", RESPONSE_THROTTLED,
		 "a code decides before the status: throttling"},
		{400, "", "{\"code\":\"queue_full\"}", RESPONSE_QUEUE_FULL,
		 "a code decides before the status: a full queue"},
		{503, "", "{\"code\":\"bad_key\"}", RESPONSE_UNAUTHORIZED,
		 "a code decides before the status: the key"},
		{429, "", "{\"code\":\"no_credit\"}", RESPONSE_QUOTA,
		 "a code decides before 429: quota"},
		{400, "", "{\"code\":\"locked\"}", RESPONSE_TRANSIENT,
		 "a code decides before the status: transient"},
		{403, "", "API rate limit exceeded", RESPONSE_THROTTLED,
		 "a text that the profile lists for this status"},
		{400, "", "API rate limit exceeded", RESPONSE_REJECTED,
		 "the same text under another status"},
		{400, "", "{\"code\":\"unheard_of\"}", RESPONSE_REJECTED,
		 "an unknown code leaves it to the status"},
		{400, "HTTP/1.1 400 x\r\nX-Code: slow_down\r\n\r\n", "{\"code\":\"no_credit\"}",
		 RESPONSE_THROTTLED, "a header's code decides before the body's"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct response x;
		make(&x, p, cases[i].status, cases[i].head, cases[i].body);
		enum response_class got = response_classify(p, &x.r, &x.body);
		ok(got == cases[i].class, "%s", cases[i].what);
		drop(&x);
	}
}

static void
test_descriptions(const struct profile *p)
{
	struct response x;
	struct failure e = {0};
	make(&x, p, 400, "", "{\"code\":\"E7\",\"message\":\"no such preset\"}");
	response_describe(&e, RESPONSE_REJECTED, &x.r, &x.body);
	same(buf_all(&e.message), "no such preset", "the service's message is ours");
	same(buf_all(&e.reason), "E7", "the service's code is the reason");
	same(span_of(e.code), "rejected", "a refused request is rejected");
	ok(!e.temporary && e.http == 400, "a refused request is final, with its status");
	drop(&x);
	make(&x, p, 501, "", "oops");
	response_describe(&e, RESPONSE_REJECTED, &x.r, &x.body);
	same(buf_all(&e.message), "HTTP 501: oops", "without a message, the status and the body");
	same(span_of(e.code), "unavailable", "501 is the service's failure, not the request's");
	ok(!e.reason.n, "an earlier reason is gone");
	drop(&x);
	static const struct {
		const char *body, *said;
	} bodies[] = {
		{"", "HTTP 501"},
		{" two \n\t words\n", "HTTP 501: two words"},
		{"<!DOCTYPE html>\n<html><head>\n<title>\n Not\nhere </title></head><p>x",
		 "HTTP 501: an HTML page: Not here"},
		{"<html><body>down</body>", "HTTP 501: an HTML page"},
		{"<html><title", "HTTP 501: an HTML page"},
		{"<html><title>cut", "HTTP 501: an HTML page"},
		{"<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access "
		 "Denied</Message><HostId>x</HostId></Error>",
		 "HTTP 501: AccessDenied: Access Denied"},
		{"<a>\n<b>", "HTTP 501: <a> <b>"},
		{"mind the <title>x</title>", "HTTP 501: mind the <title>x</title>"},
	};
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		make(&x, p, 501, "", bodies[i].body);
		response_describe(&e, RESPONSE_REJECTED, &x.r, &x.body);
		same(buf_all(&e.message), bodies[i].said, "a body of any kind is one line");
		drop(&x);
	}
	make(&x, p, 302, "HTTP/1.1 302 Found\r\nLocation: https://other/\r\n\r\n", "");
	response_describe(&e, RESPONSE_REJECTED, &x.r, &x.body);
	ok(strstr(buf_cstr(&e.message), "redirects to https://other/") != NULL,
	   "a redirect names its target");
	drop(&x);
	make(&x, p, 304, "HTTP/1.1 304 Not Modified\r\n\r\n", "");
	response_describe(&e, RESPONSE_REJECTED, &x.r, &x.body);
	same(buf_all(&e.message), "HTTP 304", "without one it is no redirect");
	drop(&x);
	make(&x, p, 429, "", "");
	response_describe(&e, RESPONSE_THROTTLED, &x.r, &x.body);
	ok(e.temporary && strcmp(e.code, "throttled") == 0, "throttling is temporary");
	drop(&x);
	failure_free(&e);
}

int
main(void)
{
	struct profile *p = profile_parse("test", span_of(profile_text), NULL);
	test_classes(p);
	test_descriptions(p);
	ok(response_may_have_acted(500) && response_may_have_acted(504),
	   "a create that got 500 or 504 may have made a job");
	ok(!response_may_have_acted(400) && !response_may_have_acted(501) &&
		   !response_may_have_acted(521),
	   "one that got 400, 501 or 521 has not");
	ok(response_says_failed(p, span_of("{\"failed\":{\"why\":1}}")),
	   "an object at /errors/when is a failure");
	ok(response_says_failed(p, span_of("{\"failed\":true}")),
	   "true at /errors/when is a failure");
	ok(!response_says_failed(p, span_of("{\"failed\":false}")) &&
		   !response_says_failed(p, span_of("{\"failed\":null}")) &&
		   !response_says_failed(p, span_of("{\"failed\":\"\"}")) &&
		   !response_says_failed(p, span_of("{}")),
	   "false, null, an empty text and a missing member are not");
	profile_free(p);
	return done_testing();
}
