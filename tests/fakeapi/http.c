/* HTTP over two ports, in one thread: connections, requests, and responses as slow as they have to
 * be. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "fakeapi.h"
#include "jobs.h"

enum { DRIP_MS = 1 };

static struct conn *conns;
static size_t conns_n;
static int ports[2], listeners[2] = {-1, -1};
static int64_t down_until;

/* The path segment after prefix, percent-decoded; caller frees. */
static char *
segment(const char *path, const char *prefix)
{
	struct buf b = {0};
	for (const char *p = path + strlen(prefix); *p && *p != '/' && *p != '?'; p++) {
		unsigned c = (unsigned char)*p;
		if (c == '%' && sscanf(p + 1, "%2x", &c) == 1)
			p += 2;
		buf_ch(&b, (char)c);
	}
	char *s = mem_dup(buf_all(&b));
	buf_free(&b);
	return s;
}

static void
classify(struct request *q)
{
	static const char v1[] = "/v1/transcodes/", connect[] = "/transcodely.v1.JobService/";
	q->op = "other";
	if (strncmp(q->path, "/files/", 7) == 0) {
		q->op = strcmp(q->method, "HEAD") == 0 ? "head" : "file";
	} else if (strncmp(q->path, connect, sizeof connect - 1) == 0) {
		const char *call = q->path + sizeof connect - 1;
		q->op = strcmp(call, "Create") == 0 ? "create"
			: strcmp(call, "Get") == 0  ? "get"
			: strcmp(call, "List") == 0 ? "list"
						    : "other";
		q->id = string_after(q->body,
				     strcmp(q->op, "create") == 0 ? "\"input_url\"" : "\"id\"");
	} else if (strncmp(q->path, v1, sizeof v1 - 1) == 0) {
		bool orders = strcmp(q->method, "PATCH") == 0 || strcmp(q->method, "DELETE") == 0;
		q->op = has(q->path, "/download") ? "url" : orders ? "cancel" : "get";
		q->id = segment(q->path, v1);
	} else if (strncmp(q->path, "/v1/transcodes", sizeof v1 - 2) == 0) {
		q->op = strcmp(q->method, "POST") == 0 ? "create" : "list";
		q->id = string_after(q->body, "\"url\"");
	}
}

/* Serve the request at the start of c->in. Return false if it is not complete. */
static bool
take_request(struct conn *c)
{
	const char *end = c->in.n ? strstr(buf_cstr(&c->in), "\r\n\r\n") : NULL;
	if (!end || c->busy)
		return false;
	size_t head = (size_t)(end - c->in.p) + 4;
	struct request q = {.head = mem_dup((struct span){c->in.p, head - 2})};
	char *length = head_value(q.head, "Content-Length");
	size_t n = length ? strtoul(length, NULL, 10) : 0;
	free(length);
	bool whole = c->in.n >= head + n;
	if (whole) {
		size_t word = strcspn(q.head, " ");
		q.method = mem_dup((struct span){q.head, word});
		q.path = mem_dup(
			(struct span){q.head + word + 1, strcspn(q.head + word + 1, " \r\n")});
		q.body = mem_dup((struct span){c->in.p + head, n});
		classify(&q);
		memmove(c->in.p, c->in.p + head + n, c->in.n - head - n);
		c->in.n -= head + n;
		serve(c, &q);
	}
	free(q.head);
	free(q.method);
	free(q.path);
	free(q.body);
	free(q.id);
	return whole;
}

static void
end_conn(struct conn *c)
{
	struct linger now = {1, 0};
	if (c->rst)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(c->fd);
	if (c->busy && stats.in_flight)
		stats.in_flight--;
	buf_free(&c->in);
	buf_free(&c->out);
	c->fd = -1;
}

static void
answered(struct conn *c)
{
	if (c->close_after) {
		end_conn(c);
		return;
	}
	c->out.n = c->at = 0;
	c->busy = c->drip = false;
	if (stats.in_flight)
		stats.in_flight--;
	take_request(c);
}

static void
write_some(struct conn *c, int64_t now)
{
	static char pad[64 << 10];
	if (c->at == c->out.n && c->padding) {
		memset(pad, ' ', sizeof pad);
		ssize_t n = send(c->fd, pad, c->padding < sizeof pad ? c->padding : sizeof pad,
				 MSG_NOSIGNAL);
		if (n > 0)
			c->padding -= (size_t)n;
		else if (n < 0 && errno != EAGAIN)
			end_conn(c);
		return;
	}
	if (c->at < c->out.n) {
		ssize_t n =
			send(c->fd, c->out.p + c->at, c->drip ? 1 : c->out.n - c->at, MSG_NOSIGNAL);
		if (n < 0) {
			if (errno != EAGAIN)
				end_conn(c);
			return;
		}
		c->at += (size_t)n;
		if (c->drip)
			c->due = now + DRIP_MS * MILLISECOND;
	}
	if (c->at == c->out.n && !c->padding)
		answered(c);
}

static void
read_some(struct conn *c)
{
	ssize_t n = recv(c->fd, buf_room(&c->in, 64 << 10), 64 << 10, 0);
	if (n > 0) {
		c->in.n += (size_t)n;
		take_request(c);
	} else if (n == 0 || errno != EAGAIN) {
		end_conn(c);
	}
}

/* *port 0: any that is free. */
static int
listen_on(int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)*port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
	    bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 128) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
		perror("fakeapi");
		exit(1);
	}
	*port = ntohs(a.sin_port);
	return fd;
}

static void
accept_on(int listener, int port)
{
	int fd;
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		size_t i = 0;
		while (i < conns_n && conns[i].fd >= 0)
			i++;
		if (i == conns_n)
			conns = mem_grow(conns, ++conns_n * sizeof *conns);
		conns[i] = (struct conn){.fd = fd, .port = port, .id = ++stats.connections};
		if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
			end_conn(&conns[i]);
	}
}

void
listen_all(void)
{
	for (int i = 0; i < 2; i++)
		listeners[i] = listen_on(&ports[i]);
}

void
stop_listening(int ms)
{
	down_until = ms < 0 ? NEVER : clock_now() + ms * MILLISECOND;
	for (int i = 0; i < 2; i++) {
		if (listeners[i] >= 0)
			close(listeners[i]);
		listeners[i] = -1;
	}
}

int
port_of(int i)
{
	return ports[i];
}

void
turn(void)
{
	struct pollfd *p = mem_zero((conns_n + 2) * sizeof *p);
	int64_t now = clock_now(), wake = now + 3600 * SECOND;
	size_t n = conns_n;
	if (listeners[0] < 0 && now >= down_until)
		listen_all();
	if (listeners[0] < 0)
		wake = down_until;
	for (size_t i = 0; i < n; i++) {
		struct conn *c = &conns[i];
		bool ready = c->busy && !c->hold && now >= c->due;
		p[i] = (struct pollfd){c->fd, (short)(POLLIN | (ready ? POLLOUT : 0)), 0};
		if (c->fd >= 0 && c->busy && !c->hold && !ready && c->due < wake)
			wake = c->due;
	}
	for (size_t i = 0; i < 2; i++)
		p[n + i] = (struct pollfd){listeners[i], POLLIN, 0};
	if (poll(p, n + 2, clock_poll_ms(now, wake)) > 0) {
		now = clock_now();
		for (size_t i = 0; i < n; i++) {
			if (p[i].revents & (POLLIN | POLLHUP | POLLERR))
				read_some(&conns[i]);
			if (conns[i].fd >= 0 && p[i].revents & POLLOUT && conns[i].busy)
				write_some(&conns[i], now);
		}
		for (int i = 0; i < 2; i++)
			if (p[n + (size_t)i].revents)
				accept_on(listeners[i], i);
	}
	free(p);
}

void
end_all(void)
{
	for (size_t i = 0; i < conns_n; i++)
		if (conns[i].fd >= 0)
			end_conn(&conns[i]);
	free(conns);
}
