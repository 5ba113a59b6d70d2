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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "msg.h"
#include "opt.h"

enum { ITEMS_MAX = 2000000, EVENTS = 256, READ_BYTES = 16 << 10 };

struct conn {
	int fd;
	bool busy, closing;
	struct buf in, out;
	int64_t due;              /* out is written then */
	struct conn *prev, *next; /* in the queue, soonest first */
};

static struct {
	int64_t delay_from, delay_to, end_from, end_to; /* microseconds */
	double rate, burst;
	bool date;
	long jobs;
} o;

static struct {
	long requests, refused, created, duplicates, early, connections, in_flight, most, gets, lists;
} seen;

static struct conn **conns;
static size_t conns_n;
static struct conn *first, *last;
static int poller, alarm_fd;
static double tokens;
static int64_t counted, began;  /* when the bucket was last filled; the first question about a job */
static long next_id;
static unsigned char *made;     /* by item: has a job */
static int64_t *not_before;     /* by item: what its last 429 asked for */

static const char *
range(const char *text, int64_t *from, int64_t *to)
{
	char *end;
	*from = *to = (int64_t)(strtod(text, &end) * (double)MILLISECOND);
	if (*end == ':')
		*to = (int64_t)(strtod(end + 1, &end) * (double)MILLISECOND);
	return *end || *from < 0 || *to < *from ? "not FROM:TO in milliseconds" : NULL;
}

static const char *
set_delay(void *to, const char *value)
{
	(void)to;
	return range(value, &o.delay_from, &o.delay_to);
}

static const char *
set_end(void *to, const char *value)
{
	(void)to;
	return range(value, &o.end_from, &o.end_to);
}

static const char *
set_limit(void *to, const char *value)
{
	char *end;
	(void)to;
	o.rate = strtod(value, &end);
	if (*end == ':')
		o.burst = strtod(end + 1, &end);
	return *end || o.rate <= 0 || o.burst < 1 ? "not RATE:BURST" : NULL;
}

/* Different for each k, the same in every run, and all over the range. */
static int64_t
spread(int64_t from, int64_t to, long k)
{
	return from + (to - from) * (int64_t)((uint32_t)k * 2654435761u >> 16) / 65536;
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
		seen.in_flight--;
	}
	epoll_ctl(poller, EPOLL_CTL_DEL, c->fd, NULL);
	close(c->fd);
	conns[c->fd] = NULL;
	buf_free(&c->in);
	buf_free(&c->out);
	free(c);
}

static void
reply(struct conn *c, const char *status, const char *header, struct span body)
{
	c->out.n = 0;
	buf_fmt(&c->out, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s%s\r\n", status, body.n,
		header, c->closing ? "Connection: close\r\n" : "");
	buf_span(&c->out, body);
}

/* The whole reply, or the connection is closed: what is sent here is small, or its reader is waiting. */
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

static bool
take_token(int64_t now)
{
	if (o.rate <= 0)
		return true;
	tokens += o.rate * (double)(now - counted) / (double)SECOND;
	counted = now;
	if (tokens > o.burst)
		tokens = o.burst;
	if (tokens < 1)
		return false;
	tokens -= 1;
	return true;
}

/* Says when there is a token again, in whole seconds, and holds the item to it. */
static void
refuse(struct conn *c, long item, int64_t now)
{
	char header[80];
	int64_t wait = (int64_t)((1 - tokens) / o.rate * (double)SECOND), wall = clock_wall();
	wait = (wait + SECOND - 1) / SECOND * SECOND;
	if (o.date) {
		time_t at = (time_t)((wall + wait + SECOND - 1) / SECOND);
		struct tm tm;
		gmtime_r(&at, &tm);
		strftime(header, sizeof header, "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
		wait = (int64_t)at * SECOND - wall;
	} else {
		snprintf(header, sizeof header, "Retry-After: %lld\r\n", (long long)(wait / SECOND));
	}
	if (item >= 0)
		not_before[item] = now + wait;
	seen.refused++;
	reply(c, "429 Too Many Requests", header, span_of("{\"error\":\"rate_limited\"}"));
}

static void
job_text(struct buf *b, long k, int64_t now)
{
	if (!began)
		began = now;
	bool ended = now >= began + spread(o.end_from, o.end_to, k);
	buf_fmt(b, "{\"id\":\"job_%ld\",\"status\":\"%s\",\"created_at\":\"", k, ended ? "completed" : "processing");
	clock_rfc3339(b, clock_wall() - (now - began));
	buf_str(b, "\"}");
}

static void
list(struct buf *b, const char *query, int64_t now)
{
	const char *l = strstr(query, "limit="), *p = strstr(query, "page=");
	long limit = l ? strtol(l + 6, NULL, 10) : 20, page = p ? strtol(p + 5, NULL, 10) : 1;
	buf_str(b, "{\"items\":[");
	for (long k = (page - 1) * limit + 1, sent = 0; k > 0 && k <= o.jobs && sent < limit; k++, sent++) {
		if (sent)
			buf_ch(b, ',');
		job_text(b, k, now);
	}
	buf_str(b, "]}");
}

static void
create(struct buf *b, long item, int64_t now)
{
	if (item >= 0) {
		seen.duplicates += made[item];
		seen.early += now < not_before[item];
		made[item] = 1;
	}
	seen.created++;
	buf_fmt(b, "{\"id\":\"job_%ld\",\"status\":\"pending\"}", ++next_id);
}

static void
tell_stats(struct buf *b)
{
	buf_fmt(b,
		"{\"requests\":%ld,\"refused\":%ld,\"created\":%ld,\"duplicates\":%ld,\"early\":%ld,\"connections\":%ld,"
		"\"in_flight\":%ld,\"gets\":%ld,\"lists\":%ld}",
		seen.requests, seen.refused, seen.created, seen.duplicates, seen.early, seen.connections - 1, seen.most, seen.gets,
		seen.lists); /* the one that asks is not counted */
	long open = seen.in_flight;
	memset(&seen, 0, sizeof seen);
	seen.in_flight = open;
	memset(made, 0, ITEMS_MAX);
	memset(not_before, 0, ITEMS_MAX * sizeof *not_before);
	tokens = o.burst;
	counted = clock_now();
	began = 0;
}

/* head and body end in NUL. The answer is in c->out. */
static void
answer(struct conn *c, const char *head, const char *body, int64_t now)
{
	struct buf text = {0};
	const char *path = strchr(head, ' '), *mark = strstr(body, "item-");
	path = path ? path + 1 : "";
	long item = mark ? strtol(mark + 5, NULL, 10) : -1;
	if (item >= ITEMS_MAX)
		item = -1;
	if (strncmp(path, "/stats", 6) == 0) {
		tell_stats(&text);
		reply(c, "200 OK", "", buf_all(&text));
		buf_free(&text);
		return;
	}
	seen.requests++;
	if (!take_token(now)) {
		refuse(c, item, now);
		return;
	}
	if (head[0] == 'P') {
		create(&text, item, now);
	} else if (strncmp(path, "/v1/transcodes?", 15) == 0) {
		seen.lists++;
		list(&text, path, now);
	} else {
		const char *id = strstr(path, "job_");
		seen.gets++;
		job_text(&text, id ? strtol(id + 4, NULL, 10) : 0, now);
	}
	reply(c, "200 OK", "", buf_all(&text));
	buf_free(&text);
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
	answer(c, c->in.p, c->in.p + head, now);
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
		c->due = now + spread(o.delay_from, o.delay_to, seen.requests);
		c->busy = true;
		if (++seen.in_flight > seen.most)
			seen.most = seen.in_flight;
		enqueue(c);
		if (o.delay_to)
			return;
		dequeue(c);
		c->busy = false;
		seen.in_flight--;
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
		seen.in_flight--;
		if (send_reply(c))
			serve(c);
		else
			hang_up(c);
	}
	struct itimerspec at = {0};
	if (first) {
		int64_t left = first->due > now ? first->due - now : 1;
		at.it_value = (struct timespec){(time_t)(left / SECOND), (long)(left % SECOND * 1000)};
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
		seen.connections++;
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
	if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || bind(fd, (struct sockaddr *)&a, n) < 0 || listen(fd, 1024) < 0 ||
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
	{OPT_CALL, 0, "limit", "RATE:BURST", "429 over it", NULL, 0, 0, set_limit},
	{OPT_FLAG, 0, "date", NULL, "Retry-After as a date", &o.date, 0, 0, 0},
	{OPT_NUMBER, 0, "jobs", "N", "jobs that are there", &o.jobs, 0, 1000000, 0},
	{OPT_CALL, 0, "end", "MS:MS", "when they end", NULL, 0, 0, set_end},
	{0},
};

int
main(int argc, char **argv)
{
	const struct program program = {"[options]", "A service that does nothing, fast.", {options}, NULL};
	struct epoll_event events[EVENTS];
	struct buf none = {0};
	msg_init(argv[0]);
	opt_parse(&program, argc, argv);
	made = mem_zero(ITEMS_MAX);
	not_before = mem_zero(ITEMS_MAX * sizeof *not_before);
	tell_stats(&none);
	buf_free(&none);
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
