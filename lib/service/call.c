/* A call of the service: its templates filled in, and sent. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "service/form.h"
#include "service/response.h"
#include "json/json.h"

/* Append a member of a query; one whose value is filled in, and empty, is left out. */
static void
add_member(struct buf *out, const char *text, size_t n, const struct template_args *args, bool *any)
{
	struct template t;
	struct span fill;
	struct buf member = {0};
	char *one = mem_dup((struct span){text, n});
	template_parse(&t, one, TEMPLATE_NAMES);
	template_expand(&t, args, &member, &fill);
	if (!(t.fills && member.n && member.p[member.n - 1] == '=')) {
		buf_ch(out, *any ? '&' : '?');
		buf_span(out, buf_all(&member));
		*any = true;
	}
	template_free(&t);
	buf_free(&member);
	free(one);
}

static void
add_url(const struct service *s, struct buf *out, const struct call_request *request)
{
	struct template_args args = {
		.values = request->fills, .values_n = request->fills_n, .escape = http_escape};
	size_t length = strlen(s->base_url), n = strcspn(request->call->path, "?");
	struct span fill;
	bool any = false;
	while (length && s->base_url[length - 1] == '/')
		length--;
	buf_add(out, s->base_url, length);
	char *path = mem_dup((struct span){request->call->path, n});
	template_once(path, TEMPLATE_NAMES, &args, out, &fill);
	free(path);
	for (const char *p = request->call->path + n; *p; p += n) {
		n = strcspn(++p, "&");
		add_member(out, p, n, &args, &any);
	}
}

static void
add_body(struct buf *out, const struct call_request *request)
{
	struct template_args args = {
		.values = request->fills, .values_n = request->fills_n, .escape = json_escape};
	struct span fill;
	template_once(request->call->body, TEMPLATE_NAMES, &args, out, &fill);
}

/* A host that knows no ranges would send the whole file: end the exchange there. */
static enum stream_body
stop_whole_file(void *arg, const struct http_response *r)
{
	(void)arg;
	return r->status == 200 ? STREAM_STOP : STREAM_HOLD;
}

/* Ask another host for the first byte of a file, to see whether it is there. */
static void
check_file(struct http_request *q)
{
	static const char *const headers[] = {"User-Agent: tc/" TC_VERSION, "Range: bytes=0-0",
					      NULL};
	static const struct http_stream first_byte = {
		.head = stop_whole_file, .headers = headers, .follow = true};
	q->method = "GET"; /* a signed URL is signed for its method too */
	q->anonymous = true;
	q->stream = &first_byte;
}

void
service_call(struct service *s, struct service_item *it, const struct call_request *request)
{
	const struct call *call = request->call;
	struct buf url = {0}, body = {0}, form = {0}, header = {0};
	struct http_request q = {.method = call ? call->method : "",
				 .header = request->header,
				 .timeout = s->profile->timeout};
	if (request->url) {
		check_file(&q);
		buf_str(&url, request->url);
	} else {
		add_url(s, &url, request);
	}
	if (request->body.p) {
		q.body = request->body;
	} else if (call && call->body) {
		add_body(&body, request);
		q.body = buf_all(&body);
	}
	if (q.body.p && call && call->form) {
		form_encode(&form, q.body);
		buf_cstr(&form);
		q.body = buf_all(&form);
		buf_fmt(&header, "%s%s%s", q.header ? q.header : "", q.header ? "\n" : "",
			FORM_HEADER);
		q.header = buf_cstr(&header);
	}
	q.url = buf_cstr(&url);
	/* the run's deadline bounds each request */
	int64_t left = s->deadline == NEVER ? q.timeout : s->deadline - clock_now();
	if (left < q.timeout)
		q.timeout = left > MILLISECOND ? left : MILLISECOND;
	struct pending_call *pending = mem_alloc(sizeof *pending);
	*pending = (struct pending_call){.item = it,
					 .unsafe = request->unsafe,
					 .question = request->question,
					 .may_be_empty = request->may_be_empty,
					 .may_be_text = request->may_be_text,
					 .final = request->final,
					 .id_header = request->id_header,
					 .url = request->url,
					 .secret_age = s->secret_age};
	struct span shown =
		request->url ? http_origin(q.url) : span_of(q.url); /* a signed URL is a secret */
	msg_debug("line %zu: %s %.*s", it->item.index + 1, q.method, (int)shown.n, shown.p);
	http_send(s->http, &q, pending);
	buf_free(&url);
	buf_free(&body);
	buf_free(&form);
	buf_free(&header);
}

struct span
service_job(const struct service *s, struct span response)
{
	struct span v;
	for (size_t i = 0; i < s->profile->job.n; i++)
		if (json_at(response, s->profile->job.v[i], &v) && json_type(v) == JSON_OBJECT)
			return v;
	return response;
}
