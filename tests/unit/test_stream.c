/* Streams against a server in a child process, which does as the path says. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/http.h"
#include "test.h"

enum { BIG = 3 << 20 };

static int port;

/* A request with its body, as far as Content-Length says. */
static void
read_request(int fd, struct buf *b)
{
	const char *end = NULL, *length;
	size_t want = 0;
	ssize_t n;
	b->n = 0;
	while ((!end || b->n < want) && (n = read(fd, buf_room(b, 65536), 65536)) > 0) {
		b->n += (size_t)n;
		end = strstr(buf_cstr(b), "\r\n\r\n");
		if (!end)
			continue;
		length = strstr(b->p, "Content-Length: ");
		want = (size_t)(end + 4 - b->p) +
		       (length && length < end ? strtoul(length + 16, NULL, 10) : 0);
	}
}

static void
send_all(int fd, const char *p, size_t n)
{
	for (ssize_t done; n && (done = write(fd, p, n)) > 0; p += done, n -= (size_t)done)
		continue;
}

static void
answer(int fd, struct buf *q)
{
	struct buf b = {0};
	static char big[BIG];
	const char *path = strchr(q->p, '/'), *body = strstr(q->p, "\r\n\r\n");
	bool padding = false;
	if (strncmp(path, "/head", 5) == 0) { /* what was sent, back again */
		buf_fmt(&b,
			"HTTP/1.1 200 OK\r\nETag: \"e1\"\r\nX-Goog-Hash: md5=x\r\nContent-Length: "
			"%zu\r\n\r\n",
			(size_t)(body - q->p));
		buf_add(&b, q->p, (size_t)(body - q->p));
	} else if (strncmp(path, "/big", 4) == 0) {
		buf_fmt(&b, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BIG);
		padding = true;
	} else if (strncmp(path, "/stall", 6) == 0) {
		buf_str(&b, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
	} else if (strncmp(path, "/gone", 5) == 0) {
		buf_str(&b, "HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\n\r\nexpired");
	} else if (strncmp(path, "/moved", 6) == 0) {
		buf_fmt(&b,
			"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/head\r\nETag: "
			"\"old\"\r\nContent-Length: 3\r\n\r\nno!",
			port);
	} else if (strncmp(path, "/file", 5) == 0) {
		buf_str(&b, "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: "
			    "0\r\n\r\n");
	} else if (strncmp(path, "/round", 6) == 0) {
		buf_str(&b, "HTTP/1.1 302 Found\r\nLocation: /round\r\nContent-Length: 0\r\n\r\n");
	} else if (strncmp(path, "/smtp", 5) == 0) {
		buf_str(&b, "220 mail.example ESMTP\r\n");
	} else if (strncmp(path, "/vast", 5) == 0) {
		buf_str(&b, "HTTP/1.1 200 OK\r\n");
		while (b.n < 300 << 10)
			buf_fmt(&b, "X: %01000d\r\n", 0);
		buf_str(&b, "Content-Length: 0\r\n\r\n");
	} else if (strncmp(path, "/lost", 5) == 0) { /* the first time, no response */
		static int times;
		if (times++ == 0)
			shutdown(fd, SHUT_RDWR);
		else
			buf_fmt(&b, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d", times);
	} else { /* how much came, and its last byte */
		size_t n = q->n - (size_t)(body + 4 - q->p);
		struct buf said = {0};
		buf_fmt(&said, "%.3s %zu %c", q->p, n, n ? q->p[q->n - 1] : '-');
		buf_fmt(&b, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", said.n,
			buf_cstr(&said));
		buf_free(&said);
	}
	send_all(fd, b.p, b.n);
	if (padding)
		send_all(fd, big, sizeof big);
	if (strncmp(path, "/stall", 6) == 0)
		while (read(fd, big, 1) > 0) /* until the other side has had enough */
			continue;
	buf_free(&b);
}

static void
serve(int listener)
{
	struct buf q = {0};
	for (int fd; (fd = accept(listener, NULL, NULL)) >= 0; close(fd))
		for (;;) {
			read_request(fd, &q);
			if (!q.n)
				break;
			answer(fd, &q);
		}
}

static pid_t
start_server(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&a, n) < 0 || listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		exit(1);
	port = ntohs(a.sin_port);
	pid_t pid = fork();
	if (pid == 0) {
		serve(fd);
		_exit(0);
	}
	close(fd);
	return pid;
}

/* What a test's callbacks see. */
struct seen {
	int status, heads, takes;
	enum stream_body to;
	struct buf etag, body;
	size_t stop_at;
	int64_t refuse_at;
};

static enum stream_body
on_head(void *arg, const struct http_response *r)
{
	struct seen *s = arg;
	s->heads++;
	s->status = r->status;
	s->etag.n = 0;
	buf_span(&s->etag, http_header(r, "etag"));
	return s->takes ? STREAM_STOP : r->status < 300 ? s->to : STREAM_HOLD;
}

static bool
on_take(void *arg, const char *p, size_t n)
{
	struct seen *s = arg;
	s->takes++;
	buf_add(&s->body, p, n);
	return !s->stop_at || s->body.n < s->stop_at;
}

static ssize_t
on_give(void *arg, int64_t at, char *p, size_t n)
{
	struct seen *s = arg;
	if (s->refuse_at && at >= s->refuse_at)
		return -1;
	for (size_t i = 0; i < n; i++)
		p[i] = (char)('a' + (at + (int64_t)i) % 26);
	return (ssize_t)n;
}

/* Runs one exchange with a path of the server's; the reply is borrowed until the next. */
static const struct http_response *
run_from(struct http *h, const char *scheme, const char *method, const char *path,
	 struct http_stream *s)
{
	struct buf url = {0};
	struct http_response *r;
	void *user;
	buf_fmt(&url, "%s127.0.0.1:%d%s", scheme, port, path);
	struct http_request q = {
		.method = method, .url = buf_cstr(&url), .anonymous = true, .stream = s};
	http_send(h, &q, s);
	while (!(r = http_next(h, &user)))
		http_wait(h, NULL, 0, NEVER);
	buf_free(&url);
	return r;
}

static const struct http_response *
run(struct http *h, const char *method, const char *path, struct http_stream *s)
{
	return run_from(h, "http://", method, path, s);
}

static void
clear(struct seen *s)
{
	buf_free(&s->etag);
	buf_free(&s->body);
	*s = (struct seen){0};
}

static void
test_down(struct http *h)
{
	struct seen seen = {0};
	static const char *const lines[] = {"Range: bytes=5-", "If-Range: \"e1\"", NULL};
	struct http_stream s = {
		.arg = &seen, .head = on_head, .take = on_take, .headers = lines, .follow = true};
	const struct http_response *r = run(h, "GET", "/head", &s);
	ok(r->end == HTTP_ANSWERED && r->status == 200 && r->body.n == 0,
	   "a body goes to take(), not into the reply");
	ok(seen.heads == 1 && seen.status == 200, "head() is called once, with the status");
	same(buf_all(&seen.etag), "\"e1\"", "and the headers");
	const char *sent = buf_cstr(&seen.body);
	ok(strstr(sent, "Range: bytes=5-") && strstr(sent, "If-Range: \"e1\""),
	   "its own headers are sent");
	ok(strstr(sent, "Accept-Encoding: identity") && !strstr(sent, "Authorization"),
	   "no compression is asked for, no key sent");
	clear(&seen);
	r = run(h, "GET", "/moved", &s);
	ok(r->status == 200 && seen.heads == 1 && strstr(buf_cstr(&seen.body), "GET /head"),
	   "a redirect is followed; its body is nobody's");
	same(buf_all(&seen.etag), "\"e1\"", "the headers are the last answer's");
	clear(&seen);
	r = run(h, "GET", "/gone", &s);
	ok(r->status == 403 && seen.takes == 0 && span_is(buf_all(&r->body), "expired"),
	   "a body that is held is in the reply");
	clear(&seen);
	r = run(h, "GET", "/big", &s);
	ok(r->end == HTTP_ANSWERED && seen.body.n == BIG, "a body over several pieces comes whole");
	clear(&seen);
}

static void
test_ends(struct http *h)
{
	struct seen seen = {.to = STREAM_STOP};
	struct http_stream s = {.arg = &seen, .head = on_head, .take = on_take, .follow = true};
	ok(run(h, "GET", "/head", &s)->end == HTTP_STOPPED && seen.takes == 0,
	   "head() stops it before the first byte");
	clear(&seen);
	seen.stop_at = 1000;
	ok(run(h, "GET", "/big", &s)->end == HTTP_STOPPED && seen.body.n < BIG,
	   "take() stops it in the middle");
	clear(&seen);
	const struct http_response *r = run(h, "GET", "/file", &s);
	ok(r->end == HTTP_UNTRUSTED && seen.takes == 0, "a redirect to file: is not followed (%s)",
	   r->why);
	r = run(h, "GET", "/round", &s);
	ok(r->end == HTTP_UNTRUSTED && seen.takes == 0, "nor one for ever (%s)", r->why);
	r = run_from(h, "", "GET", "/head", &s);
	ok(r->end == HTTP_UNTRUSTED && seen.takes == 0, "a scheme is not guessed (%s)", r->why);
	r = run(h, "GET", "/smtp", &s);
	ok(r->end == HTTP_LOST && seen.takes == 0 && strcmp(r->why, "the reply is not HTTP") == 0,
	   "what is not HTTP is called so (%s)", r->why);
	r = run(h, "GET", "/vast", &s);
	ok(r->end == HTTP_TOO_LARGE && strstr(r->why, "head of the reply is over 256 KiB"),
	   "a head that is too large is called so (%s)", r->why);
	s.follow = false;
	r = run(h, "GET", "/moved", &s);
	ok(r->end == HTTP_ANSWERED && r->status == 302, "nor any when it is not allowed");
	clear(&seen);
	s.stall = 50 * MILLISECOND;
	r = run(h, "GET", "/stall", &s);
	ok(r->end == HTTP_LOST && seen.body.n == 3, "one that stalls is ended (%s)", r->why);
	clear(&seen);
}

static void
test_up(struct http *h)
{
	struct seen seen = {0};
	struct http_stream s = {.arg = &seen, .give = on_give, .size = BIG + 1};
	const struct http_response *r = run(h, "PUT", "/up", &s);
	struct buf want = {0};
	buf_fmt(&want, "PUT %d %c", BIG + 1, 'a' + BIG % 26);
	same(buf_all(&r->body), buf_cstr(&want), "a request's body is given piece by piece");
	s.size = 0;
	same(buf_all(&run(h, "PUT", "/up", &s)->body), "PUT 0 -", "an empty one too");
	s.size = 27;
	same(buf_all(&run(h, "POST", "/up", &s)->body), "POS 27 a", "by POST");
	s.sigv4 = "aws:amz:us-east-1:s3";
	s.userpwd = "key:secret";
	s.size = BIG + 1;
	s.stall = SECOND;
	same(buf_all(&run(h, "PUT", "/up", &s)->body), buf_cstr(&want), "signed");
	ok(run(h, "PUT", "/lost", &s)->end == HTTP_LOST,
	   "a signed one whose response is lost on a connection used before is lost");
	same(buf_all(&run(h, "PUT", "/lost", &s)->body), "2", "and not sent twice");
	s.sigv4 = s.userpwd = NULL;
	buf_free(&want);
	seen.refuse_at = 1;
	s.size = BIG;
	ok(run(h, "PUT", "/up", &s)->end == HTTP_STOPPED, "give() stops it in the middle");
}

static void
test_limit(struct http *h)
{
	struct seen seen = {0};
	struct http_stream s = {.arg = &seen, .head = on_head, .take = on_take};
	int64_t began = clock_now();
	http_limit(h, 4 * BIG);
	run(h, "GET", "/big", &s);
	ok(seen.body.n == BIG && clock_now() - began >= 140 * MILLISECOND,
	   "a limit holds a download back, and all of it comes");
	clear(&seen);
	s = (struct http_stream){.arg = &seen, .give = on_give, .size = BIG};
	began = clock_now();
	run(h, "PUT", "/up", &s);
	ok(clock_now() - began >= 140 * MILLISECOND, "and an upload");
	clear(&seen);
	http_limit(h, 0);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	pid_t pid = start_server();
	struct http *h = http_new(&(struct http_config){0});
	http_add_header(h, "Authorization: Bearer secret");
	test_down(h);
	test_ends(h);
	test_up(h);
	test_limit(h);
	http_free(h);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return done_testing();
}
