/*
 * replay CASE LOG: plays a service by a case of tests/profiles. Prints its URL,
 * then answers the n-th request with the n-th exchange's reply, and appends the
 * request to LOG, an object a line: method, path, headers (names in small
 * letters), body. "{BASE}" in a reply is its own URL. Ends by a signal.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "json/json.h"

static struct buf text; /* the case */
static char base[64];

static int
listen_here(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		return -1;
	snprintf(base, sizeof base, "http://127.0.0.1:%d", ntohs(a.sin_port));
	return fd;
}

/* Read a request whole; false if the peer has gone. */
static bool
read_request(int fd, struct buf *in, size_t *head)
{
	size_t length = 0;
	*head = 0;
	while (!*head || in->n < *head + length) {
		ssize_t n = read(fd, buf_room(in, 65536), 65536);
		if (n <= 0)
			return false;
		in->n += (size_t)n;
		const char *start = buf_cstr(in), *end = strstr(start, "\r\n\r\n");
		if (*head || !end)
			continue;
		*head = (size_t)(end - start) + 4;
		for (const char *p = strchr(start, '\n'); p && p < end; p = strchr(p + 1, '\n'))
			if (strncasecmp(p + 1, "Content-Length:", 15) == 0)
				length = strtoul(p + 16, NULL, 10);
	}
	return true;
}

static void
add_headers(struct buf *out, const char *p, const char *end)
{
	bool any = false;
	buf_ch(out, '{');
	for (p = strchr(p, '\n') + 1; p < end && *p != '\r'; p = strchr(p, '\n') + 1) {
		size_t name = strcspn(p, ":"), n = strcspn(p, "\r\n");
		struct buf lower = {0};
		for (size_t i = 0; i < name; i++)
			buf_ch(&lower, (char)(p[i] >= 'A' && p[i] <= 'Z' ? p[i] + 32 : p[i]));
		buf_str(out, any ? "," : "");
		any = true;
		json_quote(out, buf_all(&lower));
		buf_ch(out, ':');
		name += 1 + strspn(p + name + 1, " ");
		json_quote(out, (struct span){p + name, n - name});
		buf_free(&lower);
	}
	buf_ch(out, '}');
}

static void
note_request(FILE *log, const struct buf *in, size_t head)
{
	struct buf line = {0}, headers = {0}, quoted = {0};
	const char *p = in->p, *space = strchr(p, ' '), *path = space + 1;
	struct span body = {p + head, in->n - head};
	json_open(&line);
	json_str(&line, "method", (struct span){p, (size_t)(space - p)});
	json_str(&line, "path", (struct span){path, strcspn(path, " ")});
	add_headers(&headers, p, p + head);
	json_raw(&line, "headers", buf_all(&headers));
	if (body.n && !json_check(body, NULL)) {
		json_raw(&line, "body", body);
	} else if (body.n) {
		json_quote(&quoted, body);
		json_raw(&line, "body", buf_all(&quoted));
	}
	json_close(&line);
	fprintf(log, "%.*s\n", (int)line.n, line.p);
	fflush(log);
	buf_free(&line);
	buf_free(&headers);
	buf_free(&quoted);
}

/* Append text with "{BASE}" filled in. */
static void
add_text(struct buf *out, struct span s)
{
	char *copy = mem_dup(s), *from = copy, *at;
	for (; (at = strstr(from, "{BASE}")); from = at + 6) {
		buf_add(out, from, (size_t)(at - from));
		buf_str(out, base);
	}
	buf_str(out, from);
	free(copy);
}

static void
answer(int fd, unsigned n)
{
	struct buf at = {0}, out = {0}, body = {0};
	struct span reply, v, key;
	double status = 599;
	buf_fmt(&at, "/exchanges/%u/reply", n);
	bool found = json_at(buf_all(&text), buf_cstr(&at), &reply);
	if (found && json_get(reply, "status", &v) == 1)
		json_number(v, &status);
	if (found && json_get(reply, "body", &v) == 1 && json_type(v) == JSON_STRING)
		json_decode(&body, v);
	else if (found && json_get(reply, "body", &v) == 1)
		add_text(&body, v);
	buf_fmt(&out, "HTTP/1.1 %d x\r\nConnection: close\r\nContent-Length: %zu\r\n", (int)status,
		body.n);
	if (found && json_get(reply, "headers", &v) == 1)
		for (struct json_iter it = json_each(v); json_next(&it, &key, &v);) {
			char *value = json_text(v);
			buf_fmt(&out, "%.*s: ", (int)key.n, key.p);
			add_text(&out, span_of(value));
			buf_str(&out, "\r\n");
			free(value);
		}
	buf_str(&out, "\r\n");
	buf_span(&out, buf_all(&body));
	for (size_t sent = 0; sent < out.n;) {
		ssize_t k = write(fd, out.p + sent, out.n - sent);
		if (k <= 0)
			break;
		sent += (size_t)k;
	}
	buf_free(&at);
	buf_free(&out);
	buf_free(&body);
}

int
main(int argc, char **argv)
{
	FILE *log = argc == 3 ? fopen(argv[2], "a") : NULL;
	if (!log || buf_read_file(&text, argv[1], 1 << 22) < 0 ||
	    json_check(buf_all(&text), NULL)) {
		fprintf(stderr, "usage: replay CASE LOG\n");
		return 64;
	}
	int listener = listen_here();
	if (listener < 0)
		return 74;
	printf("%s\n", base);
	fflush(stdout);
	for (unsigned n = 0;;) {
		struct buf in = {0};
		size_t head;
		int fd = accept(listener, NULL, NULL);
		if (fd >= 0 && read_request(fd, &in, &head)) {
			note_request(log, &in, head);
			answer(fd, n++);
		}
		if (fd >= 0)
			close(fd);
		buf_free(&in);
	}
}
