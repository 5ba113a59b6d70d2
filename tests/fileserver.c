/* clang-format off: it would join the lines of the table */
/*
 * fileserver: hands out files on 127.0.0.1, badly if the path says so. Prints
 * its URL; a line a request goes to stderr: method, path, Range, If-Range,
 * Authorization, status, bytes sent. Ends by a signal.
 *
 *	fileserver
 *	fileserver --print SPEC	the bytes of such a file on stdout
 *
 * A path is /SPEC/NAME or /SPEC/DIR/NAME; SPEC is words between commas:
 *	size=N seed=N		what is in it: N bytes (1000), of that kind
 *	then=N from=K		another seed from the Kth request for it on
 *	etag=strong|weak|none|same   modified=none
 *	range=ignore|early|late|total|plain   206: not at all, from an
 *				earlier or later byte, of another size, whatever If-Range says
 *	cut=N hang=N reset=N	so many bytes, then the connection closes, waits, is reset
 *	longer=N shorter=N	than the Content-Length says it is
 *	wrong			other bytes than the checksums are of
 *	status=N retry=N	instead of it; Retry-After
 *	first=K			what is in this line and the three before: only the first K requests
 *	after=K			the same: only from the Kth on
 *	rate=N			N KiB a second on each connection
 *	goog md5 digest amz	checksums of it
 *	gzip chunked		as headers say
 *	type=T			Content-Type, with + for /
 *	file|https|loop		redirects
 *	text=NAME		what the file NAME in the current directory holds
 *	tree=DIR		what the rest of the path names below DIR, in the current directory;
 *				404 if that is nothing
 *	only=TEXT		what is bad is so in paths with TEXT behind SPEC alone
 */
/* clang-format on */
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

#include "base/base64.h"
#include "base/buf.h"
#include "base/hash.h"

enum { PIECE = 16 << 10, PATHS_MAX = 4096 };

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

/* A word of the spec: NULL if it is not there, else what is behind its "=". */
static const char *
word(const char *spec, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = spec; *p && *p != '/'; p += *p == ',') {
		if (strncmp(p, name, n) == 0 &&
		    (p[n] == '=' || p[n] == ',' || p[n] == '/' || !p[n]))
			return p + n + (p[n] == '=');
		p += strcspn(p, ",/");
	}
	return NULL;
}

static long long
number(const char *spec, const char *name, long long otherwise)
{
	const char *v = word(spec, name);
	return v ? strtoll(v, NULL, 10) : otherwise;
}

static bool
is(const char *spec, const char *name, const char *value)
{
	const char *v = word(spec, name);
	size_t n = strlen(value);
	return v && strncmp(v, value, n) == 0 && (v[n] == ',' || v[n] == '/' || !v[n]);
}

struct content {
	long long size;
	unsigned long long seed;
	struct buf text;
	bool missing;
};

static void
fill(const struct content *c, long long at, char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned long long x =
			(unsigned long long)(at + (long long)i) / 8 * 0x9e3779b97f4a7c15u +
			c->seed * 0xbf58476d1ce4e5b9u;
		x ^= x >> 29;
		p[i] = c->text.p ? c->text.p[at + (long long)i]
				 : (char)(x >> 8 * ((at + (long long)i) % 8));
	}
}

static void
content_of(struct content *c, const char *spec, int n)
{
	*c = (struct content){.size = number(spec, "size", 1000),
			      .seed = (unsigned long long)number(spec, "seed", 1)};
	if (word(spec, "then") && n >= number(spec, "from", 1))
		c->seed = (unsigned long long)number(spec, "then", 2);
	const char *text = word(spec, "text"), *tree = word(spec, "tree");
	struct buf path = {0};
	if (!text && !tree)
		return;
	buf_add(&path, text ? text : tree, strcspn(text ? text : tree, ",/"));
	for (const char *p = tree ? spec + strcspn(spec, "/") : ""; *p; p++)
		if (strncmp(p, "%20", 3) == 0) {
			buf_ch(&path, ' ');
			p += 2;
		} else {
			buf_ch(&path, *p);
		}
	c->missing = buf_read_file(&c->text, buf_cstr(&path), 64 << 20) < 0;
	c->size = (long long)c->text.n;
	buf_room(&c->text, 1);
	buf_free(&path);
}

static void
base64(struct buf *b, const unsigned char *p, size_t n)
{
	base64_encode(b, (struct span){(const char *)p, n});
}

static void
add_sums(struct buf *b, const char *spec, const struct content *c)
{
	struct hash *h = hash_new(HASH_SHA256 | HASH_MD5 | HASH_CRC32C);
	struct hash_sums s;
	char piece[PIECE];
	for (long long at = 0; at < c->size; at += PIECE) {
		size_t n = c->size - at < PIECE ? (size_t)(c->size - at) : PIECE;
		fill(c, at, piece, n);
		hash_add(h, piece, n);
	}
	hash_end(h, &s);
	hash_free(h);
	if (word(spec, "goog")) {
		buf_str(b, "x-goog-hash: crc32c=");
		base64(b, s.crc32c, 4);
		buf_str(b, "\r\nx-goog-hash: md5=");
		base64(b, s.md5, 16);
		buf_str(b, "\r\n");
	}
	if (word(spec, "md5")) {
		buf_str(b, "Content-MD5: ");
		base64(b, s.md5, 16);
		buf_str(b, "\r\n");
	}
	if (word(spec, "digest")) {
		buf_str(b, "Repr-Digest: sha-512=:AAAA:, sha-256=:");
		base64(b, s.sha256, 32);
		buf_str(b, ":\r\n");
	}
	if (word(spec, "amz")) {
		buf_str(b, "x-amz-checksum-crc32c: ");
		base64(b, s.crc32c, 4);
		buf_str(b, "\r\n");
	}
}

static char *
header(const char *head, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = strchr(head, '\n'); p; p = strchr(p, '\n')) {
		p++;
		if (strncasecmp(p, name, n) == 0 && p[n] == ':') {
			p += n + 1;
			p += strspn(p, " ");
			return mem_dup((struct span){p, strcspn(p, "\r\n")});
		}
	}
	return mem_dup(span_of("-"));
}

struct call_result {
	int status;
	long long from, to; /* the bytes [from, to) */
	struct buf head;
};

static void
redirect(struct call_result *a, const char *spec)
{
	const char *to = word(spec, "file")    ? "file:///etc/passwd"
			 : word(spec, "https") ? "https://127.0.0.1:1/x"
					       : "/loop/x";
	a->status = 302;
	buf_fmt(&a->head, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", to);
}

static void
version(struct buf *b, const char *spec, const struct content *c)
{
	unsigned long long v = is(spec, "etag", "same") ? 0 : c->seed;
	if (!is(spec, "etag", "none"))
		buf_fmt(b, "%s\"v%llu\"", is(spec, "etag", "weak") ? "W/" : "", v);
}

static void
decide(struct call_result *a, const char *spec, const struct content *c, const char *range,
       const char *if_range)
{
	struct buf etag = {0};
	long long from = strncmp(range, "bytes=", 6) == 0 ? strtoll(range + 6, NULL, 10) : -1;
	char modified[64];
	version(&etag, spec, c);
	snprintf(modified, sizeof modified, "Wed, 21 Oct 2020 07:28:%02llu GMT", c->seed % 60);
	bool other = strcmp(if_range, "-") != 0 && strcmp(if_range, buf_cstr(&etag)) != 0 &&
		     strcmp(if_range, modified) != 0;
	const char *dash = from >= 0 ? strchr(range, '-') : NULL;
	long long last = dash && dash[1] ? strtoll(dash + 1, NULL, 10) : c->size - 1;
	a->to = c->size;
	a->status =
		from < 0 || is(spec, "range", "ignore") || (other && !is(spec, "range", "plain"))
			? 200
		: from >= c->size ? 416
				  : 206;
	if (a->status == 206) {
		a->from = from;
		a->to = last + 1 < c->size ? last + 1 : c->size;
	}
	buf_fmt(&a->head, "HTTP/1.1 %d x\r\nAccept-Ranges: bytes\r\n", a->status);
	if (a->status == 206 && is(spec, "range", "early"))
		a->from = from > 10 ? from - 10 : 0;
	if (a->status == 206 && is(spec, "range", "late"))
		a->from = from + 10;
	if (a->status == 416)
		a->to = 0;
	if (etag.n)
		buf_fmt(&a->head, "ETag: %s\r\n", buf_cstr(&etag));
	if (!is(spec, "modified", "none"))
		buf_fmt(&a->head, "Last-Modified: %s\r\n", modified);
	long long total = c->size + (is(spec, "range", "total") ? 5 : 0);
	if (a->status == 206)
		buf_fmt(&a->head, "Content-Range: bytes %lld-%lld/%lld\r\n", a->from, a->to - 1,
			total);
	if (a->status == 416)
		buf_fmt(&a->head, "Content-Range: bytes */%lld\r\n", total);
	buf_free(&etag);
}

static void
finish_head(struct call_result *a, const char *spec, const struct content *c, bool bad)
{
	long long length = a->to - a->from +
			   (bad ? number(spec, "longer", 0) - number(spec, "shorter", 0) : 0);
	add_sums(&a->head, spec, c);
	const char *type = word(spec, "type");
	if (type) {
		buf_str(&a->head, "Content-Type: ");
		for (; *type && *type != ',' && *type != '/'; type++)
			buf_ch(&a->head, *type == '+' ? '/' : *type);
		buf_str(&a->head, "\r\n");
	}
	if (word(spec, "gzip"))
		buf_str(&a->head, "Content-Encoding: gzip\r\n");
	buf_str(&a->head, "Content-Disposition: attachment; filename=\"../../evil\"\r\n");
	if (word(spec, "chunked"))
		buf_str(&a->head, "Transfer-Encoding: chunked\r\n\r\n");
	else
		buf_fmt(&a->head, "Content-Length: %lld\r\n\r\n", length);
}

/* Waits as long as so many bytes take at the rate. */
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
send_body(int fd, const char *spec, const struct content *c, const struct call_result *a, bool bad,
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

static bool
answer(int fd, const char *head)
{
	struct call_result a = {0};
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
	long long sent = 0;
	const char *only = word(spec, "only");
	char *text = only ? mem_dup((struct span){only, strcspn(only, ",/")}) : NULL;
	bad = bad && (!text || strstr(spec + strcspn(spec, "/"), text));
	free(text);
	content_of(&c, spec, n);
	if (word(spec, "file") || word(spec, "https") || word(spec, "loop")) {
		redirect(&a, spec);
	} else if (c.missing || (word(spec, "status") && bad)) {
		a.status = c.missing ? 404 : (int)number(spec, "status", 500);
		buf_fmt(&a.head, "HTTP/1.1 %d x\r\n", a.status);
		if (word(spec, "retry"))
			buf_fmt(&a.head, "Retry-After: %lld\r\n", number(spec, "retry", 1));
		buf_str(&a.head, "Content-Length: 7\r\n\r\nrefused");
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
		if (!strstr(buf_cstr(&q), "\r\n\r\n"))
			continue;
		if (!answer(fd, buf_cstr(&q)))
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
