/* libmicrohttpd's side of a call: its body comes in, route() answers, the answer goes out. */
#include "httpd.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"
#include "call.h"
#include "clock.h"
#include "hold.h"
#include "listen.h"
#include "msg.h"
#include "route.h"
#include "serve.h"
#include "watch.h"

#define MAX_BODY ((size_t)1 << 20)

struct httpd {
	struct MHD_Daemon *daemon;
	struct serve *serve;
};

static struct call *
call_new(struct serve *s, struct MHD_Connection *conn, const char *path, const char *method)
{
	struct call *c = mem_zero(sizeof *c);
	c->serve = s;
	c->conn = conn;
	c->method = mem_dup(span_of(method));
	c->path = mem_dup(span_of(path));
	c->put_fd = c->file_fd = -1;
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
		unlink(c->put_name); /* gone already if the upload is complete: then it was renamed */
	free(c->put_name);
	free(c->request_id);
	watch_drop(c);
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
	if (c->status || c->too_big)
		return; /* answered already: the rest is read and dropped */
	if (c->put_fd >= 0) {
		route_upload_data(c, data, n);
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
	msg_debug("%s %s %d %.1f ms", c->method, c->path, c->status, (double)(clock_now() - c->began) / 1000);
}

/* The whole call has arrived, or its latency has passed. */
static enum MHD_Result
finish(struct call *c)
{
	struct serve *s = c->serve;
	if (!c->held) {
		c->held = true;
		route(c);
		int64_t wait = answer_delay(c);
		if (wait > 0) {
			hold_until(s, c->conn, clock_now() + wait);
			return MHD_YES;
		}
	}
	log_call(c);
	return answer(c) ? MHD_YES : MHD_NO;
}

static enum MHD_Result
on_call(void *cls, struct MHD_Connection *conn, const char *path, const char *method, const char *version,
	const char *data, size_t *n, void **state)
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
		route_begin(c);
	} else if (*n) {
		take_body(c, data, *n);
		*n = 0;
	} else {
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
on_connection(void *cls, struct MHD_Connection *conn, void **state, enum MHD_ConnectionNotificationCode code)
{
	struct serve *s = cls;
	(void)conn;
	(void)state;
	if (code != MHD_CONNECTION_NOTIFY_STARTED)
		return;
	pthread_mutex_lock(&s->lock);
	s->stats.connections++;
	pthread_mutex_unlock(&s->lock);
}

static void
on_log(void *cls, const char *fmt, va_list ap)
{
	/* what clients do wrong is no news but with -v */
	struct buf b = {0};
	(void)cls;
	buf_vfmt(&b, fmt, ap);
	while (b.n && b.p[b.n - 1] == '\n')
		b.n--;
	msg_debug("%s", buf_cstr(&b));
	buf_free(&b);
}

struct httpd *
httpd_start(struct serve *s)
{
	int fd = listen_on(s->cfg.listen, s->cfg.port, &s->base);
	if (fd < 0)
		return NULL;
	sigset_t all, old;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	struct httpd *h = mem_zero(sizeof *h);
	h->serve = s;
	h->daemon = MHD_start_daemon(
		MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC, 0, NULL, NULL,
		on_call, s, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_NOTIFY_COMPLETED, on_done, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
		MHD_OPTION_CONNECTION_TIMEOUT, 120u, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!h->daemon) {
		msg_error("cannot start the HTTP server");
		close(fd);
		free(h);
		return NULL;
	}
	return h;
}

void
httpd_stop(struct httpd *h)
{
	hold_end(h->serve->holds);
	MHD_stop_daemon(h->daemon); /* closes the listening socket too */
	free(h);
}
