#include "http/server.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/msg.h"

/* Wait after an accept() that failed for lack of a resource. */
#define BACK_OFF (100 * MILLISECOND)

struct connection {
	struct server *server;
	int fd;
	int64_t since; /* waiting for a request since then */
	bool begun;    /* libmicrohttpd has reported its start, and will report its end */
	bool busy, dropped;
	struct connection *next;
};

struct server {
	struct server_config c;
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock;    /* protects all below: libmicrohttpd's thread ends connections */
	struct connection *list; /* oldest last */
	size_t n;
	bool full;     /* a connection waits for another to end */
	int64_t retry; /* when to accept() again; 0: now */
};

/* Remove a connection from the list; called with the lock held. */
static void
forget(struct server *s, struct connection *c)
{
	struct connection **at = &s->list;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	free(c);
	s->n--;
}

/* Wake the main thread for a connection that waits, now that one has ended or may be dropped. */
static void
let_in(struct server *s)
{
	if (s->full) {
		s->full = false;
		s->c.wake(s->c.cls);
	}
}

static struct connection *
find(const struct server *s, int fd)
{
	struct connection *c = s->list;
	while (c && (c->fd != fd || c->begun))
		c = c->next;
	return c;
}

static void
on_connection(void *cls, struct MHD_Connection *conn, void **state,
	      enum MHD_ConnectionNotificationCode code)
{
	struct server *s = cls;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	pthread_mutex_lock(&s->lock);
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		struct connection *c = info ? find(s, info->connect_fd) : NULL;
		if (c) {
			c->begun = true;
			let_in(s); /* it may be dropped from now on; when all were accepted before
				      the first began, none could be */
		}
		if (s->c.began)
			s->c.began(s->c.cls);
		*state = c;
	} else if (*state) {
		forget(s, *state);
		*state = NULL;
		let_in(s);
	}
	pthread_mutex_unlock(&s->lock);
}

static struct connection *
connection_of(struct MHD_Connection *conn)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info ? info->socket_context : NULL;
}

void
server_busy(struct MHD_Connection *conn)
{
	struct connection *c = connection_of(conn);
	if (!c)
		return;
	pthread_mutex_lock(&c->server->lock);
	c->busy = true;
	pthread_mutex_unlock(&c->server->lock);
}

static void
on_done(void *cls, struct MHD_Connection *conn, void **state, enum MHD_RequestTerminationCode code)
{
	struct server *s = cls;
	if (s->c.done)
		s->c.done(s->c.cls, conn, state, code);
	pthread_mutex_lock(&s->lock);
	struct connection *c = connection_of(conn);
	if (c) {
		c->busy = false;
		c->since = clock_now();
		let_in(s);
	}
	pthread_mutex_unlock(&s->lock);
}

/* Clients' errors are only logged with --verbose. */
static void
on_log(void *cls, const char *fmt, va_list ap)
{
	struct buf b = {0};
	(void)cls;
	buf_vfmt(&b, fmt, ap);
	msg_debug("%.*s", (int)strcspn(buf_cstr(&b), "\n"), buf_cstr(&b));
	buf_free(&b);
}

struct server *
server_start(const struct server_config *config)
{
	sigset_t all, old;
	struct server *s = mem_zero(sizeof *s);
	s->c = *config;
	pthread_mutex_init(&s->lock, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are for the main thread */
	s->daemon = MHD_start_daemon(
		MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG |
			MHD_USE_ITC | (s->c.suspend ? (unsigned)MHD_ALLOW_SUSPEND_RESUME : 0),
		0, NULL, NULL, s->c.call, s->c.cls, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_NOTIFY_COMPLETED, on_done, s, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, s, MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->c.most + 1,
		MHD_OPTION_CONNECTION_TIMEOUT, s->c.idle, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
		MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!s->daemon)
		msg_die(EXIT_IO, "cannot start the HTTP server");
	return s;
}

void
server_stop(struct server *s)
{
	close(s->c.fd);
	MHD_stop_daemon(s->daemon);
	while (s->list) /* connections that libmicrohttpd never reported */
		forget(s, s->list);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int
server_fd(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	int fd = s->full || s->retry ? -1 : s->c.fd;
	pthread_mutex_unlock(&s->lock);
	return fd;
}

/*
 * Shut a connection down: libmicrohttpd sees an end of file and ends it.
 * Called with the lock held, which keeps the descriptor open.
 */
static void
drop(struct connection *c)
{
	if (c->begun && !c->dropped)
		shutdown(c->fd, SHUT_RDWR);
	c->dropped = true;
}

/* Drop the connection that has been incomplete for longest. */
static void
make_room(struct server *s)
{
	struct connection *oldest = NULL;
	for (struct connection *c = s->list; c; c = c->next)
		if (c->begun && !c->busy && !c->dropped && (!oldest || c->since <= oldest->since))
			oldest = c;
	if (oldest)
		drop(oldest);
}

/* Drop connections that took too long. Return when the next one will have. */
static int64_t
drop_slow(struct server *s, int64_t now)
{
	int64_t due = NEVER;
	for (struct connection *c = s->list, *next; c; c = next) {
		next = c->next;
		if (c->busy || c->dropped)
			continue;
		if (now - c->since < s->c.patience)
			due = c->since + s->c.patience < due ? c->since + s->c.patience : due;
		else if (c->begun)
			drop(c);
		else
			forget(s, c); /* libmicrohttpd had no memory for it */
	}
	return due;
}

/* Add a connection to the list; called with the lock held. */
static struct connection *
add(struct server *s, int fd)
{
	struct connection *c = mem_zero(sizeof *c);
	*c = (struct connection){.server = s, .fd = fd, .since = clock_now(), .next = s->list};
	s->list = c;
	s->n++;
	return c;
}

static bool
take_one(struct server *s)
{
	struct sockaddr_storage from;
	socklen_t n = sizeof from;
	int fd = accept(s->c.fd, (struct sockaddr *)&from, &n);
	if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return false;
	if (fd < 0) {
		bool gone = errno == ECONNABORTED || errno == EINTR || errno == EPROTO;
		if (!gone) {
			msg_debug("accept: %s", strerror(errno));
			pthread_mutex_lock(&s->lock);
			make_room(s);
			pthread_mutex_unlock(&s->lock);
			s->retry = clock_now() + BACK_OFF;
		}
		return gone;
	}
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
		close(fd);
		return true;
	}
	pthread_mutex_lock(&s->lock);
	struct connection *c = add(s, fd);
	pthread_mutex_unlock(&s->lock);
	if (MHD_add_connection(s->daemon, fd, (struct sockaddr *)&from, n) == MHD_YES)
		return true;
	pthread_mutex_lock(&s->lock);
	forget(s, c); /* its descriptor is closed already */
	pthread_mutex_unlock(&s->lock);
	s->retry = clock_now() + BACK_OFF;
	return false;
}

int64_t
server_step(struct server *s, bool news)
{
	int64_t now = clock_now();
	if (s->retry && s->retry <= now) {
		s->retry = 0;
		news = true;
	}
	for (bool more = news && !s->retry; more;) {
		pthread_mutex_lock(&s->lock);
		s->full = s->n >= s->c.most;
		if (s->full)
			make_room(s);
		more = !s->full;
		pthread_mutex_unlock(&s->lock);
		more = more && take_one(s);
	}
	pthread_mutex_lock(&s->lock);
	int64_t due = drop_slow(s, now);
	pthread_mutex_unlock(&s->lock);
	return s->retry && s->retry < due ? s->retry : due;
}

struct framing {
	const char *length;
	bool chunked, wrong;
};

/*
 * Return true for a name that others may take for one of the two that say where
 * the body ends, while libmicrohttpd does not: with a space before its colon,
 * or with a value on a line of its own, which is appended to the name.
 */
static bool
is_doubtful(const char *name)
{
	static const char *const framing[] = {MHD_HTTP_HEADER_CONTENT_LENGTH,
					      MHD_HTTP_HEADER_TRANSFER_ENCODING};
	if (name[strcspn(name, " \t:")])
		return true;
	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(framing[i]);
		if (strncasecmp(name, framing[i], n) == 0 && name[n])
			return true;
	}
	return false;
}

static enum MHD_Result
on_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct framing *f = cls;
	(void)kind;
	f->wrong = f->wrong || is_doubtful(name);
	if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
		f->wrong = f->wrong || !value || !*value || value[strspn(value, "0123456789")] ||
			   (f->length && strcmp(f->length, value) != 0);
		f->length = value;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
		f->wrong = f->wrong || f->chunked || !value || strcasecmp(value, "chunked") != 0;
		f->chunked = true;
	}
	return MHD_YES;
}

bool
server_framed(struct MHD_Connection *conn)
{
	struct framing f = {0};
	MHD_get_connection_values(conn, MHD_HEADER_KIND, on_header, &f);
	return !f.wrong && !(f.chunked && f.length);
}
