/* libmicrohttpd's side: an event's headers are judged, then its body comes in, and only when it is written is it taken. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "event.h"
#include "hook.h"
#include "base/msg.h"
#include "http/server.h"

/*
 * BODIES: what all bodies under way may hold. DRAIN: what is read of a body
 * that nobody wants, so that its sender hears why; then the connection ends.
 */
enum { BODY_MAX = 4 << 20, BODIES = 32 << 20, DRAIN = 16 << 20, CONNECTIONS = 256, FDS_APART = 16, IDLE_SECONDS = 30 };
#define PATIENCE (60 * SECOND)

struct post {
	struct buf body;
	unsigned status;  /* not 0: it is refused, and the rest of its body dropped */
	bool answered;    /* that has been said */
	size_t dropped;
	struct post *next;
};

static void
wake(const struct hook *h, char what)
{
	if (write(h->news_fd, &what, 1) < 0 && errno != EAGAIN)
		_exit(EXIT_IO);
}

static void
on_room(void *cls)
{
	wake(cls, HOOK_LOOK);
}

static unsigned
refuse(struct hook *h, unsigned status, const char *why)
{
	h->refused++;
	msg_warn("an event is refused: %s", why);
	return status;
}

static void
forget_body(struct hook *h, struct post *post)
{
	h->held -= post->body.cap;
	buf_free(&post->body);
}

/* Too much is under way: the body that has been coming for longest is not waited for. */
static void
drop_oldest(struct hook *h, const struct post *but)
{
	struct post *oldest = NULL;
	for (struct post *p = h->posts; p; p = p->next)
		if (p != but && p->body.cap)
			oldest = p;
	if (!oldest)
		return;
	forget_body(h, oldest);
	oldest->status = refuse(h, 503, "too many come at once");
}

static void
keep(struct hook *h, struct post *post, const char *data, size_t n)
{
	if (n > BODY_MAX - post->body.n) {
		post->status = refuse(h, 413, "it is over 4 MiB");
		forget_body(h, post);
		return;
	}
	h->held -= post->body.cap;
	buf_add(&post->body, data, n);
	h->held += post->body.cap;
	if (h->held > BODIES)
		drop_oldest(h, post);
}

static struct signature
signature_of(const struct profile *p, struct MHD_Connection *conn)
{
	const char *names[] = {p->hook_header, p->hook_id_header, p->hook_time_header}, *values[3] = {NULL};
	for (size_t i = 0; i < 3; i++)
		values[i] = names[i] ? MHD_lookup_connection_value(conn, MHD_HEADER_KIND, names[i]) : NULL;
	const char *token = p->hook_token ? MHD_lookup_connection_value(conn, MHD_GET_ARGUMENT_KIND, p->hook_token) : NULL;
	return (struct signature){values[0], values[1], values[2], token};
}

/* The status that an event is answered with: 200 once nobody has to send it again. */
static unsigned
take(struct hook *h, struct MHD_Connection *conn, const struct post *post)
{
	const struct profile *p = h->profile;
	struct signature s = signature_of(p, conn);
	const char *why = signature_forged(p, &h->secrets, &s, buf_all(&post->body));
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
		return refuse(h, 400, "it is no JSON object");
	}
	msg_debug("%.*s", (int)(h->line.n - 1), h->line.p);
	enum out_end end = out_line(&h->out, buf_all(&h->line));
	if (end == OUT_WRITTEN)
		h->written++;
	h->stdout_closed = h->stdout_closed || end == OUT_BROKEN;
	return end == OUT_WRITTEN ? 200 : end == OUT_STOPPED ? 503 : 500;
}

static enum MHD_Result
answer(struct MHD_Connection *conn, unsigned status, bool last)
{
	static char nothing[] = "";
	struct MHD_Response *r = MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
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
 * Says 401 before the body has come. libmicrohttpd would close the connection
 * with that, and a sender in the middle of its body hear a reset in the place
 * of the answer: so the body is read on, and dropped (RFC 9112, section 9.6).
 */
static enum MHD_Result
answer_early(struct MHD_Connection *conn, struct post *post)
{
	static const char text[] = "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	if (MHD_lookup_connection_value(conn, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT))
		return answer(conn, post->status, true); /* it waits for our word before it sends one */
	post->answered = info && send(info->connect_fd, text, sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
	return MHD_YES;
}

/* The headers are there. */
static enum MHD_Result
begin(struct hook *h, struct MHD_Connection *conn, const char *method, struct post *post)
{
	const struct profile *p = h->profile;
	if (!server_framed(conn)) {
		refuse(h, 400, "where its body ends is said in two ways");
		return answer(conn, 400, true);
	}
	if (strcmp(method, "POST") != 0) {
		post->status = 405;
		return MHD_YES;
	}
	struct signature s = signature_of(p, conn);
	const char *why = signature_wrong(p, &h->secrets, &s, clock_wall(), h->tolerance);
	if (!why)
		return MHD_YES;
	post->status = refuse(h, 401, why);
	return answer_early(conn, post);
}

static enum MHD_Result
on_call(void *cls, struct MHD_Connection *conn, const char *path, const char *method, const char *version,
	const char *data, size_t *n, void **state)
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
		if (post->answered)
			return MHD_NO;
		server_busy(conn);
		return answer(conn, post->status ? post->status : take(h, conn, post), false);
	}
	if (!post->status)
		keep(h, post, data, *n);
	else if ((post->dropped += *n) > DRAIN)
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
	forget_body(h, post);
	free(post);
	*state = NULL;
	/* not before whoever sent the event has heard that it is not taken */
	if (h->stdout_closed)
		wake(h, HOOK_BROKEN);
}

struct server *
httpd_start(struct hook *h, int fd)
{
	return server_start(&(struct server_config){.fd = fd, .most = server_most(CONNECTIONS, 1, FDS_APART),
						    .patience = PATIENCE, .idle = IDLE_SECONDS, .call = on_call,
						    .done = on_done, .wake = on_room, .cls = h});
}
