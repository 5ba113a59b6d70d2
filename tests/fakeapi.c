/*
 * fakeapi [option ...]: plays both services on 127.0.0.1, badly if told to.
 * Prints its URL, and that of a second port, a line each. GET /_stats tells
 * what it saw. Ends by a signal.
 *
 *	--key TEXT       401 without "Bearer TEXT"
 *	--polls N        questions until a job ends (1)
 *	--latency MS     before each answer
 *	--limit R:B      429 above R a second, bursts of B
 *	--clock S        answers have a Date, S seconds ahead of created_at's clock
 *	--log FILE       a line a request: port, connection, method, path, headers
 *	--fault NAME     what goes wrong; what follows says when:
 *	  --on OPS       create,get,list,url,cancel,head,file (all)
 *	  --every N      with each Nth request; --chance P: with that probability;
 *	  --first N      with the first N; --per-item N: with the first N of each;
 *	  --after N      not before N have gone well
 *	  --commit yes|no  whether the request is acted on all the same
 *	  --item WORD    only where the source or id has it
 *	  --header LINE  in that answer (status:N and fine); --body TEXT; --body-file FILE
 *
 * Faults: fine (none, for its header), status:N, malformed, truncate, html, empty, big, big-length, drip,
 * never, close, rst, half-head, 1xx, chunked, gzip, short-length, flood,
 * dup-length, dup-header, redirect, redirect-https, escapes, bom, surrogate
 * (half of one in a member before the others), race (from a
 * connection's second request on: closes it without an answer), garbage (no
 * HTTP), down:MS (race, and nobody listens for so long).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "fakejobs.h"

enum { FAULTS_MAX = 8, BIG = 64 << 20, DRIP_MS = 1 };

struct rule {
	const char *fault, *on, *header, *body, *item;
	unsigned every, first, per_item, after, seen, done;
	double chance;
	int commit; /* -1: as the fault has it */
	struct buf items; /* a line for each request that it met, for per_item */
};

struct conn {
	int fd, port;
	unsigned id, requests;
	struct buf in, out;
	size_t at;
	int64_t due;   /* nothing is written before */
	size_t padding; /* bytes that follow out */
	bool busy, close_after, rst, drip, hold;
};

static struct rule rules[FAULTS_MAX];
static size_t rules_n;
static struct conn *conns;
static size_t conns_n;
static const char *key;
static FILE *request_log;
static int64_t latency;
static struct buf body_file;
static double limit_rate, limit_burst, limit_tokens;
static int64_t limit_seen;
static int ports[2], listeners[2] = {-1, -1};
static int64_t down_until;
static int64_t held_until; /* the longest Retry-After: N that was said */
static const char *clock_ahead;
static uint64_t random_state = 88172645463325252u;
static struct {
	unsigned requests, connections, in_flight, most_in_flight, creates, gets, cancels, lists, urls, files, refused_429, early, keyed, keyed_second, second;
} stats;

static double
chance(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (double)(random_state >> 11) / 9007199254740992.0;
}

/* One request, cut out of a connection's bytes. */
struct request {
	char *method, *path, *head, *body;
	const char *op;
	char *id;
};

/* A header's value, caller frees; NULL if it is not there. */
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
	return NULL;
}

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
		q->op = strcmp(call, "Create") == 0 ? "create" : strcmp(call, "Get") == 0 ? "get" : strcmp(call, "List") == 0 ? "list" : "other";
		q->id = string_after(q->body, strcmp(q->op, "create") == 0 ? "\"input_url\"" : "\"id\"");
	} else if (strncmp(q->path, v1, sizeof v1 - 1) == 0) {
		bool orders = strcmp(q->method, "PATCH") == 0 || strcmp(q->method, "DELETE") == 0;
		q->op = has(q->path, "/download") ? "url" : orders ? "cancel" : "get";
		q->id = segment(q->path, v1);
	} else if (strncmp(q->path, "/v1/transcodes", sizeof v1 - 2) == 0) {
		q->op = strcmp(q->method, "POST") == 0 ? "create" : "list";
		q->id = string_after(q->body, "\"url\"");
	}
}

static void
count(const struct conn *c, const struct request *q)
{
	char *auth = header(q->head, "Authorization");
	stats.requests++;
	stats.creates += strcmp(q->op, "create") == 0;
	stats.gets += strcmp(q->op, "get") == 0;
	stats.cancels += strcmp(q->op, "cancel") == 0;
	stats.lists += strcmp(q->op, "list") == 0;
	stats.urls += strcmp(q->op, "url") == 0;
	stats.files += strcmp(q->op, "head") == 0 || strcmp(q->op, "file") == 0;
	stats.early += clock_now() < held_until;
	stats.second += c->port == 1;
	stats.keyed += auth != NULL;
	stats.keyed_second += auth != NULL && c->port == 1;
	if (request_log) {
		fprintf(request_log, "%d %u ", c->port + 1, c->id);
		for (const char *p = q->head; *p; p++)
			if (*p == '\n')
				fputs(" | ", request_log);
			else if (*p != '\r')
				putc(*p, request_log);
		putc('\n', request_log);
		fflush(request_log);
	}
	free(auth);
}

static void
write_stats(struct buf *b)
{
	buf_fmt(b, "{\"requests\":%u,\"connections\":%u,\"most_in_flight\":%u,", stats.requests, stats.connections, stats.most_in_flight);
	buf_fmt(b, "\"creates\":%u,\"gets\":%u,\"cancels\":%u,\"lists\":%u,\"urls\":%u,\"files\":%u,", stats.creates, stats.gets, stats.cancels, stats.lists, stats.urls,
		stats.files);
	buf_fmt(b, "\"refused_429\":%u,\"early\":%u,\"keyed\":%u,\"second\":%u,\"keyed_second\":%u,", stats.refused_429, stats.early,
		stats.keyed, stats.second, stats.keyed_second);
	buf_fmt(b, "\"jobs\":%zu,\"most_per_source\":%zu}\n", jobs_n, most_per_source());
}

static bool
keyed_well(const struct request *q)
{
	char *auth = header(q->head, "Authorization");
	bool good = !key || (auth && strncmp(auth, "Bearer ", 7) == 0 && strcmp(auth + 7, key) == 0);
	free(auth);
	return good;
}

static bool
over_limit(void)
{
	int64_t now = clock_now();
	if (limit_rate <= 0)
		return false;
	limit_tokens += limit_rate * (double)(now - limit_seen) / 1e6;
	limit_tokens = limit_tokens > limit_burst ? limit_burst : limit_tokens;
	limit_seen = now;
	if (limit_tokens < 1)
		return true;
	limit_tokens -= 1;
	return false;
}

/* What the service does and says when nothing goes wrong. */
static int
act(const struct request *q, struct buf *body)
{
	bool connect = strncmp(q->path, "/transcodely", 12) == 0;
	if (strcmp(q->op, "create") == 0)
		return create_job(body, q->body, connect);
	if (strcmp(q->op, "get") == 0)
		return get_job(body, q->id);
	if (strcmp(q->op, "cancel") == 0)
		return cancel_job(body, q->id, strcmp(q->method, "DELETE") == 0);
	if (strcmp(q->op, "url") == 0)
		return download_job(body, q->id);
	if (strcmp(q->op, "list") == 0)
		return connect ? list_connect(body, q->body) : list_micro(body, q->path);
	if (strcmp(q->op, "file") == 0 || strcmp(q->op, "head") == 0) {
		buf_str(body, "made");
		return has(q->path, "gone") ? 404 : 200;
	}
	return no_job(body);
}

static bool
meets(struct rule *r, const struct request *q)
{
	unsigned met = 0;
	if (r->on && !has(r->on, q->op))
		return false;
	if (r->item && !(q->id && has(q->id, r->item)))
		return false;
	r->seen++;
	if (r->seen <= r->after || (r->every && r->seen % r->every) || (r->first && r->done >= r->first) ||
	    (r->chance > 0 && chance() >= r->chance))
		return false;
	if (r->per_item) {
		struct buf mark = {0};
		buf_fmt(&mark, "\n%s %s\n", q->op, q->id ? q->id : "");
		for (const char *p = buf_cstr(&r->items); (p = strstr(p, buf_cstr(&mark))); p++)
			met++;
		if (met < r->per_item)
			buf_span(&r->items, buf_all(&mark));
		buf_free(&mark);
		if (met >= r->per_item)
			return false;
	}
	r->done++;
	return true;
}

/* A date of N seconds ahead where a header ends in "imf+N", "rfc850+N" or "asctime+N". */
static void
add_header(struct buf *out, const char *line)
{
	static const char *const forms[][2] = {
		{"imf+", "%a, %d %b %Y %H:%M:%S GMT"}, {"rfc850+", "%A, %d-%b-%y %H:%M:%S GMT"}, {"asctime+", "%a %b %e %H:%M:%S %Y"}};
	for (size_t i = 0; i < 3; i++) {
		const char *p = strstr(line, forms[i][0]);
		char date[64];
		struct tm tm;
		if (!p)
			continue;
		time_t at = time(NULL) + (time_t)strtol(p + strlen(forms[i][0]), NULL, 10);
		if (gmtime_r(&at, &tm) && strftime(date, sizeof date, forms[i][1], &tm))
			buf_fmt(out, "%.*s%s\r\n", (int)(p - line), line, date);
		return;
	}
	buf_fmt(out, "%s\r\n", line);
}

/* The body as a gzip file of stored blocks: RFC 1952, RFC 1951 3.2.4. */
static void
gzip(struct buf *body)
{
	struct buf z = {0};
	uint32_t tail[2] = {crc32_of(body->p, body->n), (uint32_t)body->n};
	unsigned n = (unsigned)(body->n & 0xffff);
	buf_add(&z, "\x1f\x8b\x08\0\0\0\0\0\0\xff\x01", 11);
	buf_ch(&z, (char)(n & 0xff));
	buf_ch(&z, (char)(n >> 8));
	buf_ch(&z, (char)(~n & 0xff));
	buf_ch(&z, (char)(~n >> 8 & 0xff));
	buf_span(&z, buf_all(body));
	for (int i = 0; i < 2; i++)
		for (int shift = 0; shift < 32; shift += 8)
			buf_ch(&z, (char)(tail[i] >> shift & 0xff));
	buf_free(body);
	*body = z;
}

/* An answer as it should be, but for extra (a header line, or NULL) and the length it claims. */
static void
answer(struct conn *c, const struct request *q, int status, struct span body, const char *extra, size_t length)
{
	bool html = body.n && *body.p == '<';
	buf_fmt(&c->out, "HTTP/1.1 %d Whatever\r\nContent-Type: %s\r\n", status, html ? "text/html" : "application/json");
	if (extra && *extra)
		add_header(&c->out, extra);
	if (clock_ahead) {
		struct buf date = {0};
		buf_fmt(&date, "Date: imf+%s", clock_ahead);
		add_header(&c->out, buf_cstr(&date));
		buf_free(&date);
	}
	if (length != (size_t)-1)
		buf_fmt(&c->out, "Content-Length: %zu\r\n", length);
	buf_str(&c->out, "\r\n");
	if (strcmp(q->method, "HEAD") != 0)
		buf_span(&c->out, body);
}

static void
chunked(struct conn *c, struct span body)
{
	buf_str(&c->out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (size_t at = 0; at < body.n; at += 7) {
		size_t n = body.n - at < 7 ? body.n - at : 7;
		buf_fmt(&c->out, "%zx;ext=1\r\n%.*s\r\n", n, (int)n, body.p + at);
	}
	buf_str(&c->out, "0\r\nTrailer: x\r\n\r\n");
}

static void
stop_listening(void)
{
	for (int i = 0; i < 2; i++) {
		if (listeners[i] >= 0)
			close(listeners[i]);
		listeners[i] = -1;
	}
}

/* Faults that end the connection, or never answer. */
static bool
break_off(struct conn *c, const char *fault, struct span body)
{
	if (strcmp(fault, "never") == 0) {
		c->hold = true;
	} else if (strcmp(fault, "close") == 0 || strcmp(fault, "race") == 0) {
		c->close_after = true;
	} else if (strncmp(fault, "down:", 5) == 0) {
		down_until = clock_now() + atoi(fault + 5) * MILLISECOND;
		stop_listening();
		c->close_after = true;
	} else if (strcmp(fault, "garbage") == 0) {
		buf_add(&c->out, "\0\1garbage\r\n\r\n", 13);
		c->close_after = true;
	} else if (strcmp(fault, "rst") == 0) {
		c->close_after = c->rst = true;
	} else if (strcmp(fault, "half-head") == 0) {
		buf_str(&c->out, "HTTP/1.1 200 OK\r\nContent-Ty");
		c->close_after = true;
	} else if (strcmp(fault, "truncate") == 0) {
		buf_fmt(&c->out, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%.*s", body.n, (int)(body.n / 2), body.p);
		c->close_after = true;
	} else if (strncmp(fault, "big", 3) == 0) {
		buf_str(&c->out, "HTTP/1.1 200 OK\r\nConnection: close\r\n");
		if (fault[3])
			buf_fmt(&c->out, "Content-Length: %d\r\n", BIG);
		buf_str(&c->out, "\r\n");
		c->padding = BIG;
		c->close_after = true;
	} else {
		return false;
	}
	return true;
}

/* How long clients were asked to wait, from when the answer goes out. */
static void
note_held(const char *line)
{
	const char *name = "Retry-After: ";
	if (!line || strncmp(line, name, strlen(name)) != 0)
		return;
	int64_t until = clock_now() + latency + strtol(line + strlen(name), NULL, 10) * SECOND;
	held_until = until > held_until ? until : held_until;
}

static void
spoil(struct conn *c, const struct request *q, const struct rule *r, int status, struct buf *body)
{
	const char *f = r->fault;
	struct span b = buf_all(body);
	struct buf extra = {0};
	if (break_off(c, f, b))
		return;
	if (strncmp(f, "status:", 7) == 0) {
		status = atoi(f + 7);
		stats.refused_429 += status == 429;
		note_held(r->header);
		b = span_of(r->body ? r->body : "{\"message\":\"told to\"}");
		answer(c, q, status, b, r->header, b.n);
	} else if (strcmp(f, "malformed") == 0) {
		answer(c, q, 200, (struct span){b.p, b.n - 1}, NULL, b.n - 1);
	} else if (strcmp(f, "html") == 0) {
		b = span_of("<!doctype html><title>Welcome</title><p>This is \"not\" JSON.\n");
		answer(c, q, 200, b, NULL, b.n);
	} else if (strcmp(f, "empty") == 0) {
		answer(c, q, 200, (struct span){"", 0}, NULL, 0);
	} else if (strcmp(f, "1xx") == 0) {
		buf_str(&c->out, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
		answer(c, q, status, b, NULL, b.n);
	} else if (strcmp(f, "chunked") == 0) {
		chunked(c, b);
	} else if (strcmp(f, "gzip") == 0) {
		gzip(body);
		answer(c, q, status, buf_all(body), "Content-Encoding: gzip", body->n);
	} else if (strcmp(f, "short-length") == 0) {
		answer(c, q, status, b, NULL, b.n / 2);
		c->close_after = true;
	} else if (strcmp(f, "dup-length") == 0) {
		buf_fmt(&extra, "Content-Length: %zu", b.n + 5);
		answer(c, q, status, b, buf_cstr(&extra), b.n);
		c->close_after = true;
	} else if (strcmp(f, "dup-header") == 0) {
		answer(c, q, 429, b, "Retry-After: garbage\r\nRetry-After: 0\r\nX: 1\r\nX: 2", b.n);
	} else if (strcmp(f, "flood") == 0) {
		for (int i = 0; i < 20000; i++)
			buf_fmt(&extra, "X-Flood-%d: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", i);
		extra.n -= 2;
		answer(c, q, status, b, buf_cstr(&extra), b.n);
		c->close_after = true;
	} else if (strncmp(f, "redirect", 8) == 0) {
		buf_fmt(&extra, "Location: http%s://127.0.0.1:%d%s", f[8] ? "s" : "", ports[1], q->path);
		answer(c, q, 307, span_of("{}"), buf_cstr(&extra), 2);
	} else if (strcmp(f, "bom") == 0) {
		buf_fmt(&extra, "\xef\xbb\xbf%.*s", (int)b.n, b.p);
		answer(c, q, status, buf_all(&extra), NULL, extra.n);
	} else if (strcmp(f, "surrogate") == 0) {
		struct span rest = {strstr(buf_cstr(body), "\"id\""), 0};
		rest = rest.p ? span_of(rest.p) : b;
		buf_fmt(&extra, "%.*s\"title\":\"clip \\ud83d\",%s", (int)(b.n - rest.n), b.p, rest.p);
		answer(c, q, status, rest.n < b.n ? buf_all(&extra) : b, NULL, rest.n < b.n ? extra.n : b.n);
	} else if (strcmp(f, "escapes") == 0) {
		b = span_of("\x1b]0;owned\x07\x1b[2J\x9b" "31m{\"message\":\"\x1b[31m\"}");
		answer(c, q, 400, b, NULL, b.n);
	} else {
		answer(c, q, status, b, r->header, b.n);
		c->drip = strcmp(f, "drip") == 0;
	}
	buf_free(&extra);
}

static struct rule *
rule_for(const struct conn *c, const struct request *q)
{
	for (size_t i = 0; i < rules_n; i++)
		if (((strcmp(rules[i].fault, "race") != 0 && strncmp(rules[i].fault, "down:", 5) != 0) || c->requests > 1) && meets(&rules[i], q))
			return &rules[i];
	return NULL;
}

static void
serve(struct conn *c, struct request *q)
{
	struct buf body = {0};
	c->requests++;
	c->busy = true;
	if (strcmp(q->path, "/_stats") == 0) {
		write_stats(&body);
		answer(c, q, 200, buf_all(&body), NULL, body.n);
		buf_free(&body);
		return;
	}
	count(c, q);
	if (++stats.in_flight > stats.most_in_flight)
		stats.most_in_flight = stats.in_flight;
	c->due = clock_now() + latency;
	struct rule *r = NULL;
	int status = 401;
	if (strcmp(q->op, "file") != 0 && strcmp(q->op, "head") != 0 && !keyed_well(q)) {
		buf_str(&body, "{\"message\":\"bad key\",\"code\":\"unauthenticated\"}");
	} else if (over_limit()) {
		status = 429;
		stats.refused_429++;
		buf_str(&body, "{\"message\":\"slow down\"}");
	} else if ((r = rule_for(c, q)) && (r->commit == 0 || (r->commit < 0 && strncmp(r->fault, "status:", 7) == 0))) {
		buf_str(&body, "{\"id\":\"job_9999\",\"status\":\"pending\"}");
	} else {
		status = act(q, &body);
	}
	if (r)
		spoil(c, q, r, status, &body);
	else
		answer(c, q, status, buf_all(&body), status == 429 ? "Retry-After: 1" : NULL, body.n);
	buf_free(&body);
}

/* A whole request at the start of c->in is served; false if there is none. */
static bool
take_request(struct conn *c)
{
	const char *end = c->in.n ? strstr(buf_cstr(&c->in), "\r\n\r\n") : NULL;
	if (!end || c->busy)
		return false;
	size_t head = (size_t)(end - c->in.p) + 4;
	struct request q = {.head = mem_dup((struct span){c->in.p, head - 2})};
	char *length = header(q.head, "Content-Length");
	size_t n = length ? strtoul(length, NULL, 10) : 0;
	free(length);
	bool whole = c->in.n >= head + n;
	if (whole) {
		size_t word = strcspn(q.head, " ");
		q.method = mem_dup((struct span){q.head, word});
		q.path = mem_dup((struct span){q.head + word + 1, strcspn(q.head + word + 1, " \r\n")});
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
		ssize_t n = send(c->fd, pad, c->padding < sizeof pad ? c->padding : sizeof pad, MSG_NOSIGNAL);
		if (n > 0)
			c->padding -= (size_t)n;
		else if (n < 0 && errno != EAGAIN)
			end_conn(c);
		return;
	}
	if (c->at < c->out.n) {
		ssize_t n = send(c->fd, c->out.p + c->at, c->drip ? 1 : c->out.n - c->at, MSG_NOSIGNAL);
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
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 128) < 0 || getsockname(fd, (struct sockaddr *)&a, &n) < 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
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

static void
turn(void)
{
	struct pollfd *p = mem_zero((conns_n + 2) * sizeof *p);
	int64_t now = clock_now(), wake = now + 3600 * SECOND;
	size_t n = conns_n;
	for (int i = 0; i < 2; i++)
		if (listeners[i] < 0 && now >= down_until)
			listeners[i] = listen_on(&ports[i]);
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

static void
option(const char *name, const char *v)
{
	struct rule *r = rules_n ? &rules[rules_n - 1] : NULL;
	if (strcmp(name, "--fault") == 0 && rules_n < FAULTS_MAX)
		rules[rules_n++] = (struct rule){.fault = v, .commit = -1};
	else if (strcmp(name, "--key") == 0)
		key = v;
	else if (strcmp(name, "--polls") == 0)
		default_polls = (unsigned)atoi(v);
	else if (strcmp(name, "--clock") == 0)
		clock_ahead = v;
	else if (strcmp(name, "--latency") == 0)
		latency = atoi(v) * MILLISECOND;
	else if (strcmp(name, "--limit") == 0 && sscanf(v, "%lf:%lf", &limit_rate, &limit_burst) == 2)
		limit_tokens = limit_burst;
	else if (strcmp(name, "--log") == 0 && (request_log = fopen(v, "w")))
		;
	else if (r && strcmp(name, "--on") == 0)
		r->on = v;
	else if (r && strcmp(name, "--header") == 0)
		r->header = v;
	else if (r && strcmp(name, "--item") == 0)
		r->item = v;
	else if (r && strcmp(name, "--body") == 0)
		r->body = v;
	else if (r && strcmp(name, "--body-file") == 0 && buf_read_file(&body_file, v, BIG) == 0)
		r->body = buf_cstr(&body_file);
	else if (r && strcmp(name, "--every") == 0)
		r->every = (unsigned)atoi(v);
	else if (r && strcmp(name, "--first") == 0)
		r->first = (unsigned)atoi(v);
	else if (r && strcmp(name, "--per-item") == 0)
		r->per_item = (unsigned)atoi(v);
	else if (r && strcmp(name, "--after") == 0)
		r->after = (unsigned)atoi(v);
	else if (r && strcmp(name, "--chance") == 0)
		r->chance = atof(v);
	else if (r && strcmp(name, "--commit") == 0)
		r->commit = strcmp(v, "yes") == 0;
	else {
		fprintf(stderr, "fakeapi: %s %s?\n", name, v);
		exit(64);
	}
}

static volatile sig_atomic_t ending;

static void
on_signal(int sig)
{
	(void)sig;
	ending = 1;
}

int
main(int argc, char **argv)
{
	struct sigaction sa = {.sa_handler = on_signal};
	for (int i = 1; i < argc; i += 2)
		option(argv[i], i + 1 < argc ? argv[i + 1] : "");
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	limit_seen = clock_now();
	for (int i = 0; i < 2; i++)
		listeners[i] = listen_on(&ports[i]);
	snprintf(self_url, sizeof self_url, "http://127.0.0.1:%d", ports[0]);
	printf("%s\nhttp://127.0.0.1:%d\n", self_url, ports[1]);
	if (fflush(stdout) != 0)
		return 1;
	while (!ending)
		turn();
	for (size_t i = 0; i < conns_n; i++)
		if (conns[i].fd >= 0)
			end_conn(&conns[i]);
	for (size_t i = 0; i < rules_n; i++)
		buf_free(&rules[i].items);
	stop_listening();
	free(conns);
	buf_free(&body_file);
	jobs_free();
	if (request_log && fclose(request_log) != 0)
		return 1;
	return 0;
}
