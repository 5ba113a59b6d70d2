/* libmicrohttpd's side: a body comes in, its event is checked and written, and only then it is taken. */
#include <errno.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "event.h"
#include "hook.h"
#include "msg.h"

enum { BODY_MAX = 4 << 20, IDLE_SECONDS = 30 };

struct httpd {
	struct MHD_Daemon *daemon;
};

struct post {
	struct buf body;
	bool too_big;
};

/* The whole line, and durable if it is a file's. False, after a message: stdout takes no more. */
static bool
write_line(struct hook *h)
{
	for (size_t done = 0; done < h->line.n;) {
		ssize_t n = write(STDOUT_FILENO, h->line.p + done, h->line.n - done);
		if (n < 0 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
		if (done == h->line.n && (!h->file || fdatasync(STDOUT_FILENO) == 0)) {
			h->written++;
			return true;
		}
	}
	msg_error("stdout: %s: stopped, events are not taken any more", strerror(errno));
	h->broken = true;
	return false;
}

static unsigned
refuse(struct hook *h, unsigned status, const char *why)
{
	h->refused++;
	msg_warn("an event is refused: %s", why);
	return status;
}

/* The status that an event is answered with: 200 once nobody has to send it again. */
static unsigned
take(struct hook *h, struct MHD_Connection *conn, const char *method, const struct post *post)
{
	const struct profile *p = h->profile;
	const char *signature = p->hook_header ? MHD_lookup_connection_value(conn, MHD_HEADER_KIND, p->hook_header) : NULL;
	struct span body = buf_all(&post->body);
	if (strcmp(method, "POST") != 0)
		return 405;
	if (post->too_big)
		return refuse(h, 413, "it is over 4 MiB");
	const char *why = event_forged(p, span_of(h->secret ? h->secret : ""), signature, body, clock_wall(), h->tolerance);
	if (why)
		return refuse(h, 401, why);
	h->line.n = 0;
	switch (event_read(p, &h->known, body, &h->line)) {
	case EVENT_NEW:
		msg_debug("%.*s", (int)(h->line.n - 1), h->line.p);
		return write_line(h) ? 200 : 500;
	case EVENT_REPEATED:
		h->repeated++;
		return 200;
	case EVENT_OTHER:
		h->other++;
		return 200;
	default:
		return refuse(h, 400, "it is no JSON object");
	}
}

static enum MHD_Result
answer(struct MHD_Connection *conn, unsigned status)
{
	static char nothing[] = "";
	struct MHD_Response *r = MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
	if (r && status == 405)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "POST");
	enum MHD_Result queued = r ? MHD_queue_response(conn, status, r) : MHD_NO;
	if (r)
		MHD_destroy_response(r);
	return queued;
}

static enum MHD_Result
on_call(void *cls, struct MHD_Connection *conn, const char *path, const char *method, const char *version,
	const char *data, size_t *n, void **state)
{
	struct post *post = *state;
	(void)path, (void)version;
	if (!post) {
		*state = mem_zero(sizeof *post);
		return MHD_YES;
	}
	if (!*n)
		return answer(conn, take(cls, conn, method, post));
	if (*n > BODY_MAX - post->body.n)
		post->too_big = true;
	if (!post->too_big)
		buf_add(&post->body, data, *n);
	*n = 0;
	return MHD_YES;
}

static void
on_done(void *cls, struct MHD_Connection *conn, void **state, enum MHD_RequestTerminationCode code)
{
	struct hook *h = cls;
	struct post *post = *state;
	(void)conn, (void)code;
	if (post)
		buf_free(&post->body);
	free(post);
	*state = NULL;
	/* not before whoever sent the event has heard that it is not taken */
	if (h->broken && write(h->end_fd, "", 1) < 0)
		_exit(EXIT_IO);
}

static void
on_log(void *cls, const char *fmt, va_list ap)
{
	struct buf b = {0};
	(void)cls;
	buf_vfmt(&b, fmt, ap);
	msg_debug("%.*s", (int)strcspn(buf_cstr(&b), "\n"), buf_cstr(&b));
	buf_free(&b);
}

struct httpd *
httpd_start(struct hook *h, int fd)
{
	sigset_t all, old;
	struct httpd *d = mem_zero(sizeof *d);

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are for main's thread */
	d->daemon = MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | MHD_USE_ITC, 0, NULL, NULL, on_call, h,
				     MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
				     MHD_OPTION_NOTIFY_COMPLETED, on_done, h, MHD_OPTION_CONNECTION_TIMEOUT,
				     (unsigned)IDLE_SECONDS, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!d->daemon)
		msg_die(EXIT_IO, "cannot start the HTTP server");
	return d;
}

void
httpd_stop(struct httpd *d)
{
	MHD_stop_daemon(d->daemon); /* closes the listening socket too */
	free(d);
}
