/*
 * server [option ...]: a transcoding service that does nothing, fast. Prints
 * its URL, then serves 127.0.0.1 until a signal. One thread, one epoll.
 *
 *	--delay FROM[:TO]   milliseconds before each answer, spread evenly
 *	--limit RATE:BURST  a token bucket; over it 429 with Retry-After
 *	--date              that header as an HTTP date
 *	--jobs N --end FROM:TO
 *	                    job_1 to job_N are there from the first question on,
 *	                    and end that many milliseconds after it
 *
 * POST makes a job. GET .../v1/transcodes/ID is asked about one, and
 * .../v1/transcodes?limit=L&page=P about many. GET /stats tells what was seen
 * since the last time it was asked. A body that holds item-N is known by N:
 * created twice, or tried again before its time, is counted.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "answers.h"
#include "base/clock.h"
#include "base/msg.h"

enum { EVENTS = 256, READ_BYTES = 16 << 10 };

struct conn {
	int fd;
	bool busy, closing;
	struct buf in, out;
	int64_t due;              /* out is written then */
	struct conn *prev, *next; /* in the queue, soonest first */
};

static int64_t delay_from, delay_to; /* microseconds */
static struct conn **conns;          /* by descriptor */
static size_t conns_n;
static struct conn *first, *last;
static int poller, alarm_fd;

static const char *
set_delay(void *to, const char *value)
{
	(void)to;
	return millis(value, &delay_from, &delay_to);
}

static void
enqueue(struct conn *c)
{
	struct conn *before = last;
	while (before && before->due > c->due)
		before = before->prev;
	c->prev = before;
	c->next = before ? before->next : first;
	*(c->next ? &c->next->prev : &last) = c;
	*(before ? &before->next : &first) = c;
}

static void
dequeue(struct conn *c)
{
	*(c->next ? &c->next->prev : &last) = c->prev;
	*(c->prev ? &c->prev->next : &first) = c->next;
}

static void
hang_up(struct conn *c)
{
	if (c->busy) {
		dequeue(c);
		count.in_flight--;
	}
	epoll_ctl(poller, EPOLL_CTL_DEL, c->fd, NULL);
	close(c->fd);
	conns[c->fd] = NULL;
	buf_free(&c->in);
	buf_free(&c->out);
	free(c);
}

/* The whole reply, or the connection is closed: what is sent here is small, or its reader is
 * waiting. */
static bool
send_reply(struct conn *c)
{
	for (size_t at = 0; at < c->out.n;) {
		ssize_t n = send(c->fd, c->out.p + at, c->out.n - at, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return !c->closing;
}

/* Cuts one request out of what has come. False: it is not all there. */
static bool
take_request(struct conn *c, int64_t now)
{
	const char *end = strstr(buf_cstr(&c->in), "\r\n\r\n");
	if (!end)
		return false;
	size_t head = (size_t)(end - c->in.p) + 4, body = 0;
	for (const char *p = c->in.p; p < end; p = strstr(p, "\r\n") + 2) {
		if (strncasecmp(p, "content-length:", 15) == 0)
			body = strtoul(p + 15, NULL, 10);
		else if (strncasecmp(p, "connection: close", 17) == 0)
			c->closing = true;
	}
	if (c->in.n < head + body)
		return false;
	c->in.p[head - 1] = '\0';
	char kept = c->in.p[head + body]; /* buf_cstr() has put a NUL at the very end */
	c->in.p[head + body] = '\0';
	answer(&c->out, c->in.p, c->in.p + head, now);
	c->in.p[head + body] = kept;
	c->in.n -= head + body;
	memmove(c->in.p, c->in.p + head + body, c->in.n);
	return true;
}

/* Answers what has come, until an answer has to wait for its time. */
static void
serve(struct conn *c)
{
	int64_t now = clock_now();
	while (!c->busy && take_request(c, now)) {
		c->due = now + spread(delay_from, delay_to, count.requests);
		c->busy = true;
		if (++count.in_flight > count.most)
			count.most = count.in_flight;
		enqueue(c);
		if (delay_to)
			return;
		dequeue(c);
		c->busy = false;
		count.in_flight--;
		if (!send_reply(c)) {
			hang_up(c);
			return;
		}
	}
}

static void
send_due(void)
{
	int64_t now = clock_now();
	while (first && first->due <= now) {
		struct conn *c = first;
		dequeue(c);
		c->busy = false;
		count.in_flight--;
		if (send_reply(c))
			serve(c);
		else
			hang_up(c);
	}
	struct itimerspec at = {0};
	if (first) {
		int64_t left = first->due > now ? first->due - now : 1;
		at.it_value =
			(struct timespec){(time_t)(left / SECOND), (long)(left % SECOND * 1000)};
	}
	timerfd_settime(alarm_fd, 0, &at, NULL);
}

static void
welcome(int listener)
{
	static const int one = 1;
	int fd;
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if ((size_t)fd >= conns_n) {
			size_t n = 2 * (size_t)fd + 64;
			conns = mem_grow(conns, n * sizeof *conns);
			memset(conns + conns_n, 0, (n - conns_n) * sizeof *conns);
			conns_n = n;
		}
		conns[fd] = mem_zero(sizeof **conns);
		conns[fd]->fd = fd;
		count.connections++;
		if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e) < 0)
			hang_up(conns[fd]);
	}
}

static void
hear(struct conn *c)
{
	ssize_t n = recv(c->fd, buf_room(&c->in, READ_BYTES), READ_BYTES, MSG_DONTWAIT);
	if (n > 0) {
		c->in.n += (size_t)n;
		serve(c);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		hang_up(c);
	}
}

static int
listen_somewhere(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
	    bind(fd, (struct sockaddr *)&a, n) < 0 || listen(fd, 1024) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		msg_die(EXIT_IO, "cannot listen: %s", strerror(errno));
	printf("http://127.0.0.1:%u\n", (unsigned)ntohs(a.sin_port));
	if (fflush(stdout) != 0)
		msg_die(EXIT_IO, "stdout: %s", strerror(errno));
	return fd;
}

static void
watch(int fd)
{
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
	if (fd < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e) < 0)
		msg_die(EXIT_IO, "epoll: %s", strerror(errno));
}

static const struct opt options[] = {
	{OPT_CALL, 0, "delay", "MS[:MS]", "before each answer", NULL, 0, 0, set_delay},
	{0},
};

int
main(int argc, char **argv)
{
	const struct program program = {"[options]",
					"A service that does nothing, fast.",
					{options, answer_options},
					.command = false};
	struct epoll_event events[EVENTS];
	msg_init(argv[0]);
	opt_parse(&program, argc, argv);
	answers_init();
	poller = epoll_create1(0);
	watch(alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
	int listener = listen_somewhere();
	watch(listener);
	for (;;) {
		int n = epoll_wait(poller, events, EVENTS, -1);
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;
			uint64_t ticks;
			if (fd == listener)
				welcome(fd);
			else if (fd == alarm_fd)
				(void)!read(fd, &ticks, sizeof ticks);
			else if (conns[fd])
				hear(conns[fd]);
		}
		send_due();
	}
}
