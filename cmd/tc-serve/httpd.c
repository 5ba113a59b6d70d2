/*
 * libmicrohttpd's side of a call: receives the body, has route() respond, and
 * sends the response.
 */
#include "httpd.h"

#include <stdlib.h>
#include <unistd.h>

#include "api/probing.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/listen.h"
#include "base/msg.h"
#include "base/os.h"
#include "http/call.h"
#include "http/response.h"
#include "http/server.h"
#include "http/suspend.h"
#include "http/take.h"
#include "route.h"
#include "serve.h"

#define MAX_BODY ((size_t)1 << 20)

/*
 * Descriptors per connection (with the file it reads or writes), per encoder,
 * and for everything else.
 */
enum {
	CONNECTIONS = 512,
	FDS_CONNECTION = 2,
	FDS_ENCODER = 6,
	FDS_APART = 100,
	IDLE_SECONDS = 120
};

/*
 * How long the body of a call may take to arrive; an upload may take longer
 * while it makes progress.
 */
#define PATIENCE (60 * SECOND)

static struct call *
call_new(struct serve *s, struct MHD_Connection *conn, const char *path, const char *method)
{
	struct call *c = mem_zero(sizeof *c);
	c->serve = s;
	c->conn = conn;
	c->method = mem_dup(span_of(method));
	c->path = mem_dup(span_of(path));
	c->put_fd = c->file_fd = -1;
	c->refuse = route_refuse;
	c->began = clock_now();
	return c;
}

static void
call_free(struct call *c)
{
	if (c->put_fd >= 0)
		close(c->put_fd);
	if (c->file_fd >= 0)
		close(c->file_fd);
	if (c->put_name)
		unlink(c->put_name); /* fails if the upload is complete, which renames it */
	free(c->put_name);
	free(c->file_etag);
	hash_free(c->put_hash);
	free(c->request_id);
	probing_drop(c->draft);
	call_drop_stream(c);
	free(c->method);
	free(c->path);
	buf_free(&c->body);
	buf_free(&c->out);
	buf_free(&c->headers);
	free(c);
}

static void
take_body(struct call *c, const char *data, size_t n)
{
	if (c->status || c->too_big || (c->put_fd < 0 && !c->keeps_body))
		return; /* answered already, or without a valid key: the rest is read and dropped */
	if (c->put_fd >= 0) {
		c->put_reset = !take_data(c, data, n);
	} else if (n > MAX_BODY - c->body.n) {
		c->too_big = true;
		buf_free(&c->body);
	} else {
		buf_add(&c->body, data, n);
	}
}

static void
log_call(const struct call *c)
{
	msg_debug("%s %s %d %.1f ms", c->method, c->path, c->status,
		  (double)(clock_now() - c->began) / 1000);
}

/* Respond: the whole call has arrived, its sources are known, or its latency has passed. */
static enum MHD_Result
finish(struct call *c)
{
	struct serve *s = c->serve;
	if (!c->routed) {
		c->routed = true;
		route(c);
		if (probing_wait(c))
			return MHD_YES;
	}
	probing_end(c);
	if (!c->held) {
		c->held = true;
		int64_t wait = response_delay(c);
		if (wait > 0) {
			suspend_until(s, c->conn, clock_now() + wait);
			return MHD_YES;
		}
	}
	log_call(c);
	return answer(c) ? MHD_YES : MHD_NO;
}

/* Begin the call: its headers have arrived. */
static enum MHD_Result
begin(struct call *c)
{
	if (!server_framed(c->conn)) {
		route_unframed(c);
		return answer(c) ? MHD_YES : MHD_NO;
	}
	route_begin(c);
	if (c->put_fd >= 0)
		server_busy(c->conn);
	return MHD_YES;
}

static enum MHD_Result
on_call(void *cls, struct MHD_Connection *conn, const char *path, const char *method,
	const char *version, const char *data, size_t *n, void **state)
{
	struct serve *s = cls;
	struct call *c = *state;
	enum MHD_Result result = MHD_YES;
	(void)version;
	pthread_mutex_lock(&s->lock);
	if (!c) {
		*state = c = call_new(s, conn, path, method);
		if (++s->stats.in_flight > s->stats.max_in_flight)
			s->stats.max_in_flight = s->stats.in_flight;
		result = begin(c);
	} else if (*n) {
		take_body(c, data, *n);
		*n = 0;
		if (c->put_reset)
			result = MHD_NO;
	} else {
		server_busy(conn);
		result = finish(c);
	}
	pthread_mutex_unlock(&s->lock);
	return result;
}

static void
on_done(void *cls, struct MHD_Connection *conn, void **state, enum MHD_RequestTerminationCode code)
{
	struct serve *s = cls;
	(void)conn;
	(void)code;
	if (!*state)
		return;
	pthread_mutex_lock(&s->lock);
	s->stats.in_flight--;
	call_free(*state);
	*state = NULL;
	pthread_mutex_unlock(&s->lock);
}

static void
on_connection(void *cls)
{
	struct serve *s = cls;
	pthread_mutex_lock(&s->lock);
	s->stats.connections++;
	pthread_mutex_unlock(&s->lock);
}

static void
on_room(void *cls)
{
	serve_wake(cls);
}

bool
httpd_listen(struct serve *s)
{
	s->listen_fd = listen_on(s->cfg.listen, s->cfg.port, &s->base);
	return s->listen_fd >= 0;
}

struct server *
httpd_start(struct serve *s)
{
	size_t apart = FDS_APART + FDS_ENCODER * (size_t)s->cfg.jobs + s->media.n;
	return server_start(
		&(struct server_config){.fd = s->listen_fd,
					.most = os_files_most(CONNECTIONS, FDS_CONNECTION, apart),
					.patience = PATIENCE,
					.idle = IDLE_SECONDS,
					.suspend = true,
					.call = on_call,
					.done = on_done,
					.began = on_connection,
					.wake = on_room,
					.cls = s});
}

void
httpd_stop(struct serve *s, struct server *h)
{
	suspend_stop(s->suspended);
	server_stop(h);
}
