#include "service/service.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "json/json.h"
#include "base/msg.h"
#include "service/response.h"

/* Append the call's URL. */
static void
add_url(const struct service *s, struct buf *out, const struct call_request *ask)
{
	struct template_args args = {.values = ask->fills, .values_n = ask->fills_n, .escape = http_escape};
	size_t length = strlen(s->base_url);
	struct span fill;
	while (length && s->base_url[length - 1] == '/')
		length--;
	buf_add(out, s->base_url, length);
	template_once(ask->call->path, TEMPLATE_NAMES, &args, out, &fill);
}

static void
add_body(struct buf *out, const struct call_request *ask)
{
	struct template_args args = {.values = ask->fills, .values_n = ask->fills_n, .escape = json_escape};
	struct span fill;
	template_once(ask->call->body, TEMPLATE_NAMES, &args, out, &fill);
}

/* Of a file of another host it is only asked whether its first byte can be had. */
static enum stream_body
look_at_head(void *arg, const struct http_response *r)
{
	(void)arg;
	/* the whole file, from a host that knows no ranges: the connection is given up for it */
	return r->status == 200 ? STREAM_STOP : STREAM_HOLD;
}

static void
ask_for_file(struct http_request *q)
{
	static const char *const headers[] = {"User-Agent: tc/" TC_VERSION, "Range: bytes=0-0", NULL};
	static const struct http_stream look = {.head = look_at_head, .headers = headers, .follow = true};
	q->method = "GET"; /* a signed URL is signed for its method too */
	q->anonymous = true;
	q->stream = &look;
}

void
service_call(struct service *s, struct service_item *st, const struct call_request *ask)
{
	struct buf url = {0}, body = {0};
	struct http_request q = {.method = ask->call ? ask->call->method : "", .header = ask->header,
				 .timeout = s->profile->timeout};
	if (ask->url) {
		ask_for_file(&q);
		buf_str(&url, ask->url);
	} else {
		add_url(s, &url, ask);
	}
	if (ask->body.p) {
		q.body = ask->body;
	} else if (ask->call && ask->call->body) {
		add_body(&body, ask);
		q.body = buf_all(&body);
	}
	q.url = buf_cstr(&url);
	/* a deadline for everything is one for each request too */
	int64_t left = s->deadline == NEVER ? q.timeout : s->deadline - clock_now();
	if (left < q.timeout)
		q.timeout = left > MILLISECOND ? left : MILLISECOND;
	struct pending_call *sent = mem_alloc(sizeof *sent);
	*sent = (struct pending_call){st, ask->unsafe, ask->question, ask->unread, ask->final, ask->url};
	struct span shown = ask->url ? http_origin(q.url) : span_of(q.url); /* a signature is a key too */
	msg_debug("line %zu: %s %.*s", st->item.index + 1, q.method, (int)shown.n, shown.p);
	http_send(s->http, &q, sent);
	buf_free(&url);
	buf_free(&body);
}

struct span
service_job(const struct service *s, struct span reply)
{
	struct span v;
	for (size_t i = 0; i < s->profile->job.n; i++)
		if (json_at(reply, s->profile->job.v[i], &v) && json_type(v) == JSON_OBJECT)
			return v;
	return reply;
}

bool
service_ready(struct flow *f, struct item *it)
{
	struct service *s = f->tool;
	if (it->due >= s->queue_until || clock_now() >= s->queue_until)
		return true;
	flow_schedule(f, it, s->queue_until);
	return false;
}

void
service_wait(struct flow *f, struct pollfd *fds, nfds_t n, int64_t until)
{
	struct service *s = f->tool;
	struct http_response *r;
	void *user;
	if (!s->http) { /* a dry run */
		poll(fds, n, clock_poll_ms(clock_now(), until));
		return;
	}
	http_wait(s->http, fds, n, until);
	while ((r = http_next(s->http, &user))) {
		response_handle(s, user, r);
		free(user);
	}
}

void
service_stop(struct flow *f, int times)
{
	struct service *s = f->tool;
	if (times > 1 && s->http)
		http_abort(s->http);
}

void
service_report_error(const struct service *s, const struct item *it, const char *id, const struct failure *e)
{
	if (s->refusal_reported && (s->flow.stopping || e->temporary))
		return;
	/* who stops it knows what was stopped; the summary counts it */
	if (s->flow.signal && (strcmp(e->code, "interrupted") == 0 || strcmp(e->code, "not_attempted") == 0))
		return;
	msg_error("line %zu: %s%s%s%.*s", it->index + 1, id ? "job " : "", id ? id : "", id ? ": " : "", (int)e->message.n,
		  e->message.p ? e->message.p : "");
}

void
service_not_started(const struct service *s, const struct service_item *st, bool interrupted, const char *undone, struct failure *e)
{
	if (st->failures)
		failure_set(e, interrupted ? "interrupted" : "unavailable", true, "stopped between tries: %s", undone);
	else
		failure_set(e, "not_attempted", s->flow.status != EXIT_REFUSED, "stopped before its turn: %s", undone);
}
