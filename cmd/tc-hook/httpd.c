/* The HTTP server: checks an event's headers, receives its body, and responds 200 only once it is
 * written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/os.h"
#include "event.h"
#include "hook.h"
#include "http/server.h"

enum {
	BODY_MAX = 4 << 20,    /* of one event */
	BODIES_MAX = 32 << 20, /* of all requests under way */
	DRAIN_MAX = 16 << 20,  /* of a refused body, read so that its sender gets the response; then
				  the connection ends */
	CONNECTIONS = 256,
	FDS_APART = 16,
	IDLE_SECONDS = 30,
	REFUSALS_SAID = 20, /* in a minute */
};
#define PATIENCE (60 * SECOND)

struct post {
	struct buf body;
	unsigned status; /* not 0: it is refused, and the rest of its body dropped */
	bool responded;  /* the response was sent early */
	size_t dropped;
	struct post *next;
};

static void
wake(const struct hook *h, char what)
{
	if (write(h->wake_fd, &what, 1) < 0 && errno != EAGAIN)
		_exit(EXIT_IO);
}

static void
on_room(void *cls)
{
	wake(cls, HOOK_LOOK);
}

/* Count a refusal, and say it: the first few of a minute, for anyone can send events. */
static unsigned
refuse(struct hook *h, unsigned status, const char *why)
{
	int64_t now = clock_now();
	h->refused++;
	if (now >= h->minute_end) {
		if (h->refused_in_minute > REFUSALS_SAID) {
			unsigned long more = h->refused_in_minute - REFUSALS_SAID;
			msg_warn("refused %lu more event%s within a minute", more,
				 more == 1 ? "" : "s");
		}
		h->minute_end = now + 60 * SECOND;
		h->refused_in_minute = 0;
	}
	h->refused_in_minute++;
	if (h->refused_in_minute < REFUSALS_SAID)
		msg_warn("refused an event: %s", why);
	else if (h->refused_in_minute == REFUSALS_SAID)
		msg_warn("refused an event: %s; more within this minute are only counted", why);
	return status;
}

static void
free_body(struct hook *h, struct post *post)
{
	h->held -= post->body.cap;
	buf_free(&post->body);
}

/* Refuse the oldest request but this one, because too much is under way. */
static void
drop_oldest(struct hook *h, const struct post *but)
{
	struct post *oldest = NULL;
	for (struct post *p = h->posts; p; p = p->next)
		if (p != but && p->body.cap)
			oldest = p;
	if (!oldest)
		return;
	free_body(h, oldest);
	oldest->status = refuse(h, 503, "too many events at the same time");
}

/* Append to a body, within the limits. */
static void
add_to_body(struct hook *h, struct post *post, const char *data, size_t n)
{
	if (n > BODY_MAX - post->body.n) {
		post->status = refuse(h, 413, "it is over 4 MiB");
		free_body(h, post);
		return;
	}
	h->held -= post->body.cap;
	buf_add(&post->body, data, n);
	h->held += post->body.cap;
	if (h->held > BODIES_MAX)
		drop_oldest(h, post);
}

static struct signature
signature_of(const struct profile *p, struct MHD_Connection *conn)
{
	const char *names[] = {p->hook_header, p->hook_id_header, p->hook_time_header},
		   *values[3] = {NULL};
	for (size_t i = 0; i < 3; i++)
		values[i] = names[i] ? MHD_lookup_connection_value(conn, MHD_HEADER_KIND, names[i])
				     : NULL;
	const char *token = p->hook_token ? MHD_lookup_connection_value(conn, MHD_GET_ARGUMENT_KIND,
									p->hook_token)
					  : NULL;
	return (struct signature){values[0], values[1], values[2], token};
}

/* Return the response status for an event: 200 once it is written, so that the sender stops
 * retrying. */
static unsigned
handle_post(struct hook *h, struct MHD_Connection *conn, const struct post *post)
{
	const struct profile *p = h->profile;
	struct signature s = signature_of(p, conn);
	const char *why = signature_verify(p, &h->secrets, &s, buf_all(&post->body));
	if (why)
		return refuse(h, 401, why);
	h->line.n = 0;
	switch (event_parse(p, &h->seen_ids, s.id, buf_all(&post->body), &h->line)) {
	case EVENT_NEW:
		break;
	case EVENT_REPEATED:
		h->repeated++;
		return 200;
	case EVENT_OTHER:
		h->ignored++;
		return 200;
	default:
		return refuse(h, 400, "it is not a JSON object");
	}
	msg_debug("%.*s", (int)(h->line.n - 1), h->line.p);
	enum out_end end = out_line(&h->out, buf_all(&h->line));
	if (end == OUT_WRITTEN)
		h->written++;
	h->stdout_closed = h->stdout_closed || end == OUT_BROKEN;
	return end == OUT_WRITTEN ? 200 : end == OUT_STOPPED ? 503 : 500;
}

static enum MHD_Result
send_status(struct MHD_Connection *conn, unsigned status, bool last)
{
	static char nothing[] = "";
	struct MHD_Response *r =
		MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
	if (r && status == 405)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "POST");
	if (r && last)
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	enum MHD_Result queued = r ? MHD_queue_response(conn, status, r) : MHD_NO;
	if (r)
		MHD_destroy_response(r);
	return queued;
}

/*
 * Send 401 before the body has come. libmicrohttpd would close the connection
 * after it, and a sender in the middle of its body would get a reset instead of
 * the response: so read the rest of the body and drop it (RFC 9112, section 9.6).
 */
static enum MHD_Result
send_early_status(struct MHD_Connection *conn, struct post *post)
{
	static const char text[] =
		"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (MHD_lookup_connection_value(conn, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT))
		return send_status(conn, post->status,
				   true); /* it waits for our response before it sends the body */
	post->responded = info && send(info->connect_fd, text, sizeof text - 1,
				       MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
	return MHD_YES;
}

/* Check a request's headers. */
static enum MHD_Result
begin(struct hook *h, struct MHD_Connection *conn, const char *method, struct post *post)
{
	const struct profile *p = h->profile;
	if (!server_framed(conn)) {
		refuse(h, 400, "its headers do not say in one way where its body ends");
		return send_status(conn, 400, true);
	}
	if (strcmp(method, "POST") != 0) {
		post->status = 405;
		return MHD_YES;
	}
	struct signature s = signature_of(p, conn);
	const char *why = signature_check_headers(p, &h->secrets, &s, clock_wall(), h->tolerance);
	if (!why)
		return MHD_YES;
	post->status = refuse(h, 401, why);
	return send_early_status(conn, post);
}

static enum MHD_Result
on_call(void *cls, struct MHD_Connection *conn, const char *path, const char *method,
	const char *version, const char *data, size_t *n, void **state)
{
	struct hook *h = cls;
	struct post *post = *state;
	(void)path, (void)version;
	if (!post) {
		*state = post = mem_zero(sizeof *post);
		post->next = h->posts;
		h->posts = post;
		return begin(h, conn, method, post);
	}
	if (!*n) {
		if (post->responded)
			return MHD_NO;
		server_busy(conn);
		return send_status(conn, post->status ? post->status : handle_post(h, conn, post),
				   false);
	}
	if (!post->status)
		add_to_body(h, post, data, *n);
	else if ((post->dropped += *n) > DRAIN_MAX)
		return MHD_NO;
	*n = 0;
	return MHD_YES;
}

static void
on_done(void *cls, struct MHD_Connection *conn, void **state, enum MHD_RequestTerminationCode code)
{
	struct hook *h = cls;
	struct post *post = *state, **at = &h->posts;
	(void)conn, (void)code;
	if (!post)
		return;
	while (*at != post)
		at = &(*at)->next;
	*at = post->next;
	free_body(h, post);
	free(post);
	*state = NULL;
	/* only after the 500 was sent */
	if (h->stdout_closed)
		wake(h, HOOK_BROKEN);
}

struct server *
httpd_start(struct hook *h, int fd)
{
	return server_start(
		&(struct server_config){.fd = fd,
					.most = os_files_most(CONNECTIONS, 1, FDS_APART),
					.patience = PATIENCE,
					.idle = IDLE_SECONDS,
					.call = on_call,
					.done = on_done,
					.wake = on_room,
					.cls = h});
}
