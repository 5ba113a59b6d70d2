/* The connections of fileserver. */
#include "fileserver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../head.h"

enum { PATHS_MAX = 4096 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	char *path;
	int n;
} counts[PATHS_MAX];

/* How often this path was asked for, this time included. */
static int
count(const char *path)
{
	int n = 0;
	pthread_mutex_lock(&lock);
	for (int i = 0; i < PATHS_MAX && !n; i++) {
		if (!counts[i].path)
			counts[i].path = mem_dup(span_of(path));
		if (strcmp(counts[i].path, path) == 0)
			n = ++counts[i].n;
	}
	pthread_mutex_unlock(&lock);
	return n;
}

/* For the log: "-" stands for no header. */
static char *
header(const char *head, const char *name)
{
	char *value = head_value(head, name);
	return value ? value : mem_dup(span_of("-"));
}

/* Wait as long as n bytes take at the rate. */
static void
pace(long long rate, size_t n)
{
	long long ns = rate ? (long long)n * 1000000000 / (rate << 10) : 0;
	struct timespec t = {ns / 1000000000, (long)(ns % 1000000000)};
	if (rate)
		nanosleep(&t, NULL);
}

static bool
send_all(int fd, const char *p, size_t n)
{
	for (ssize_t done; n; p += done, n -= (size_t)done)
		if ((done = send(fd, p, n, MSG_NOSIGNAL)) <= 0)
			return false;
	return true;
}

/* The body, to its end or to where it is bad; how many bytes were sent. False: the connection is of
 * no more use. */
static bool
send_body(int fd, const char *spec, const struct content *c, const struct response *a, bool bad,
	  long long *sent)
{
	long long stop = number(spec, "cut", number(spec, "hang", number(spec, "reset", -1)));
	long long to = bad && stop >= 0 && a->from + stop < a->to ? a->from + stop : a->to;
	char piece[PIECE], size[32];
	for (long long at = a->from; at < to; at += PIECE) {
		size_t n = to - at < PIECE ? (size_t)(to - at) : PIECE;
		fill(c, at, piece, n);
		if (bad && word(spec, "wrong"))
			piece[0] ^= 1;
		snprintf(size, sizeof size, "%zx\r\n", n);
		if (word(spec, "chunked") && !send_all(fd, size, strlen(size)))
			return false;
		if (!send_all(fd, piece, n) || (word(spec, "chunked") && !send_all(fd, "\r\n", 2)))
			return false;
		*sent += (long long)n;
		pace(number(spec, "rate", 0), n);
	}
	if (to < a->to) {
		struct linger rst = {1, 0};
		if (word(spec, "reset"))
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &rst, sizeof rst);
		while (word(spec, "hang") && read(fd, size, 1) > 0)
			continue;
		return false;
	}
	if (word(spec, "chunked") && !send_all(fd, "0\r\n\r\n", 5))
		return false;
	return !(bad && (word(spec, "longer") || word(spec, "shorter")));
}

/* Answer a request; `there` bytes of its body follow the head already. */
static bool
answer(int fd, const char *head, size_t there)
{
	struct response a = {0};
	struct content c;
	char *method = mem_dup((struct span){head, strcspn(head, " ")}),
	     *range = header(head, "Range");
	char *if_range = header(head, "If-Range"), *auth = header(head, "Authorization");
	const char *target = strchr(head, ' ') + 1;
	char *path = mem_dup((struct span){target, strcspn(target, " ?")});
	int n = count(path);
	const char *spec = path + 1;
	bool bad = n <= number(spec, "first", 1 << 30) && n >= number(spec, "after", 0),
	     alive = true;
	long long sent = 0, body = take_body(fd, head, there);
	const char *only = word(spec, "only");
	char *text = only ? mem_dup((struct span){only, strcspn(only, ",/")}) : NULL;
	bad = bad && (!text || strstr(spec + strcspn(spec, "/"), text));
	free(text);
	content_of(&c, spec, n);
	if (word(spec, "session")) {
		session(&a, spec, head, body);
		sent = a.to;
		a.to = 0; /* that many came: none is sent */
	} else if (word(spec, "file") || word(spec, "https") || word(spec, "loop")) {
		redirect(&a, spec);
	} else if (c.missing || (word(spec, "status") && bad)) {
		a.status = c.missing ? 404 : (int)number(spec, "status", 500);
		buf_fmt(&a.head, "HTTP/1.1 %d x\r\n", a.status);
		if (word(spec, "retry"))
			buf_fmt(&a.head, "Retry-After: %lld\r\n", number(spec, "retry", 1));
		refusal(&a, spec);
	} else {
		decide(&a, spec, &c, range, if_range);
		finish_head(&a, spec, &c, bad);
	}
	alive = send_all(fd, a.head.p, a.head.n);
	if (alive && (a.status == 200 || a.status == 206))
		alive = send_body(fd, spec, &c, &a, bad, &sent);
	fprintf(stderr, "%s %s %s %s %s %d %lld\n", method, path, range, if_range, auth, a.status,
		sent);
	buf_free(&a.head);
	buf_free(&c.text);
	free(method), free(range), free(if_range), free(auth), free(path);
	return alive;
}

static void *
serve(void *arg)
{
	int fd = *(int *)arg;
	struct buf q = {0};
	ssize_t n;
	free(arg);
	while ((n = read(fd, buf_room(&q, 65536), 65536)) > 0) {
		q.n += (size_t)n;
		const char *end = strstr(buf_cstr(&q), "\r\n\r\n");
		if (!end)
			continue;
		if (!answer(fd, q.p, q.n - (size_t)(end + 4 - q.p)))
			break;
		q.n = 0;
	}
	close(fd);
	buf_free(&q);
	return NULL;
}

static int
print(const char *spec)
{
	struct content c;
	char piece[PIECE];
	content_of(&c, spec, 1);
	for (long long at = 0; at < c.size; at += PIECE) {
		size_t n = c.size - at < PIECE ? (size_t)(c.size - at) : PIECE;
		fill(&c, at, piece, n);
		fwrite(piece, 1, n, stdout);
	}
	return fflush(stdout) != 0;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	if (argc == 3 && strcmp(argv[1], "--print") == 0)
		return print(argv[2]);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&a, n) < 0 || listen(fd, 128) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		return 1;
	printf("http://127.0.0.1:%d\n", ntohs(a.sin_port));
	fflush(stdout);
	for (;;) {
		int *client = mem_alloc(sizeof *client);
		pthread_t t;
		*client = accept(fd, NULL, NULL);
		if (*client < 0 || pthread_create(&t, NULL, serve, client) != 0)
			return 1;
		pthread_detach(t);
	}
}
