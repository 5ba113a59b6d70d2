/*
 * files: a file server and a bucket that do nothing, fast. Prints its URL, then
 * serves 127.0.0.1 until a signal, a thread for each connection.
 *
 * GET of a path that begins with /N/ is answered by N bytes, with a validator,
 * PUT of anything by an ETag once all of it has come; nothing is kept. POST is
 * the beginning or the end of S3's upload in parts.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/msg.h"

enum { HEAD_MAX = 16 << 10, PIECE = 256 << 10 };

static char content[PIECE];

struct request {
	char head[HEAD_MAX + 1];
	size_t n, end; /* what has come of head and body; where the body begins */
	long long body;
	bool expects, closes;
};

static bool
send_all(int fd, const char *p, size_t n, int flags)
{
	while (n) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL | flags);
		if (sent <= 0)
			return false;
		p += sent;
		n -= (size_t)sent;
	}
	return true;
}

/* Read up to the end of the next request's head. Return false at the end of input. */
static bool
take_head(int fd, struct request *r)
{
	const char *end;
	r->head[r->n] = '\0';
	while (!(end = strstr(r->head, "\r\n\r\n"))) {
		ssize_t n = recv(fd, r->head + r->n, HEAD_MAX - r->n, 0);
		if (n <= 0)
			return false;
		r->head[r->n += (size_t)n] = '\0';
	}
	r->end = (size_t)(end - r->head) + 4;
	r->body = 0;
	r->expects = r->closes = false;
	for (const char *p = strstr(r->head, "\r\n"); p && p < end; p = strstr(p + 2, "\r\n")) {
		if (strncasecmp(p + 2, "content-length:", 15) == 0)
			r->body = strtoll(p + 17, NULL, 10);
		r->expects = r->expects || strncasecmp(p + 2, "expect:", 7) == 0;
		r->closes = r->closes || strncasecmp(p + 2, "connection: close", 17) == 0;
	}
	return true;
}

/* Read and drop the body, and move what has arrived of the next request to the front. */
static bool
take_body(int fd, struct request *r)
{
	char piece[PIECE];
	long long there = (long long)(r->n - r->end);
	long long used = there < r->body ? there : r->body, left = r->body - used;
	if (left && r->expects && !send_all(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, 0))
		return false;
	for (ssize_t n; left; left -= n)
		if ((n = recv(fd, piece, left < PIECE ? (size_t)left : PIECE, 0)) <= 0)
			return false;
	r->n -= r->end + (size_t)used;
	memmove(r->head, r->head + r->end + used, r->n);
	return true;
}

static bool
reply(int fd, const char *body)
{
	char text[512];
	int n = snprintf(text, sizeof text,
			 "HTTP/1.1 200 OK\r\nETag: \"0123456789abcdef0123456789abcdef\"\r\n"
			 "Content-Length: %zu\r\n\r\n%s",
			 strlen(body), body);
	return send_all(fd, text, (size_t)n, 0);
}

static bool
send_file(int fd, long long size)
{
	char text[256];
	int n = snprintf(text, sizeof text,
			 "HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nETag: \"v1-%lld\"\r\n"
			 "Accept-Ranges: bytes\r\nContent-Length: %lld\r\n\r\n",
			 size, size);
	bool good = send_all(fd, text, (size_t)n, size ? MSG_MORE : 0);
	for (long long piece; good && size; size -= piece) {
		piece = size < PIECE ? size : PIECE;
		good = send_all(fd, content, (size_t)piece, 0);
	}
	return good;
}

/* Does the request line say that an upload in parts begins? */
static bool
begins_parts(const char *head)
{
	const char *mark = strstr(head, "?uploads");
	return mark && mark < strchr(head, '\r');
}

static bool
answer(int fd, struct request *r)
{
	char method = r->head[0];
	const char *path = strchr(r->head, '/');
	long long size = path ? strtoll(path + 1, NULL, 10) : 0;
	bool begins = begins_parts(r->head);
	if (!take_body(fd, r))
		return false;
	return method == 'G' ? send_file(fd, size)
			     : reply(fd, begins ? "<UploadId>u</UploadId>"
						: "<CompleteMultipartUploadResult/>");
}

static void *
serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	struct request *r = mem_zero(sizeof *r);
	bool more = true;
	while (more && take_head(fd, r)) {
		bool last = r->closes;
		more = answer(fd, r) && !last;
	}
	close(fd);
	free(r);
	return NULL;
}

int
main(int argc, char **argv)
{
	static const int one = 1;
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	pthread_t thread;
	(void)argc;
	msg_init(argv[0]);
	for (size_t i = 0; i < sizeof content; i++)
		content[i] = (char)(i * 2654435761u >> 13);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&a, n) < 0 ||
	    listen(listener, 1024) < 0 || getsockname(listener, (struct sockaddr *)&a, &n) < 0)
		msg_die(EXIT_IO, "cannot listen");
	printf("http://127.0.0.1:%u\n", (unsigned)ntohs(a.sin_port));
	fflush(stdout);
	for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) != 0)
			close(fd);
		else
			pthread_detach(thread);
	}
}
