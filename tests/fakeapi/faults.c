#include "faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/digest.h"
#include "jobs.h"

enum { FAULTS_MAX = 8, BIG = 64 << 20 };

struct rule {
	const char *fault, *on, *header, *body, *item;
	unsigned every, first, per_item, after, seen, done;
	double chance;
	int commit;       /* -1: the fault decides */
	struct buf items; /* a line for each request that met it, for per_item */
};

static struct rule rules[FAULTS_MAX];
static size_t rules_n;
static struct buf body_file;
static int64_t held_until; /* the end of the longest Retry-After sent */
static uint64_t random_state = 88172645463325252u;

static double
chance(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (double)(random_state >> 11) / 9007199254740992.0;
}

bool
rule_option(const char *name, const char *v)
{
	struct rule *r = rules_n ? &rules[rules_n - 1] : NULL;
	if (strcmp(name, "--fault") == 0 && rules_n < FAULTS_MAX)
		rules[rules_n++] = (struct rule){.fault = v, .commit = -1};
	else if (!r)
		return false;
	else if (strcmp(name, "--on") == 0)
		r->on = v;
	else if (strcmp(name, "--header") == 0)
		r->header = v;
	else if (strcmp(name, "--item") == 0)
		r->item = v;
	else if (strcmp(name, "--body") == 0)
		r->body = v;
	else if (strcmp(name, "--body-file") == 0 && buf_read_file(&body_file, v, BIG) == 0)
		r->body = buf_cstr(&body_file);
	else if (strcmp(name, "--every") == 0)
		r->every = (unsigned)atoi(v);
	else if (strcmp(name, "--first") == 0)
		r->first = (unsigned)atoi(v);
	else if (strcmp(name, "--per-item") == 0)
		r->per_item = (unsigned)atoi(v);
	else if (strcmp(name, "--after") == 0)
		r->after = (unsigned)atoi(v);
	else if (strcmp(name, "--chance") == 0)
		r->chance = atof(v);
	else if (strcmp(name, "--commit") == 0)
		r->commit = strcmp(v, "yes") == 0;
	else
		return false;
	return true;
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
	if (r->seen <= r->after || (r->every && r->seen % r->every) ||
	    (r->first && r->done >= r->first) || (r->chance > 0 && chance() >= r->chance))
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

struct rule *
rule_for(const struct conn *c, const struct request *q)
{
	for (size_t i = 0; i < rules_n; i++)
		if (((strcmp(rules[i].fault, "race") != 0 &&
		      strncmp(rules[i].fault, "down:", 5) != 0) ||
		     c->requests > 1) &&
		    meets(&rules[i], q))
			return &rules[i];
	return NULL;
}

bool
rule_commits(const struct rule *r)
{
	return r->commit > 0 || (r->commit < 0 && strncmp(r->fault, "status:", 7) != 0);
}

bool
still_held(void)
{
	return clock_now() < held_until;
}

/* A date of N seconds ahead where a header ends in "imf+N", "rfc850+N" or "asctime+N". */
static void
add_header(struct buf *out, const char *line)
{
	static const char *const forms[][2] = {{"imf+", "%a, %d %b %Y %H:%M:%S GMT"},
					       {"rfc850+", "%A, %d-%b-%y %H:%M:%S GMT"},
					       {"asctime+", "%a %b %e %H:%M:%S %Y"}};
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

void
answer(struct conn *c, const struct request *q, int status, struct span body, const char *extra,
       size_t length)
{
	bool html = body.n && *body.p == '<';
	buf_fmt(&c->out, "HTTP/1.1 %d Whatever\r\nContent-Type: %s\r\n", status,
		html ? "text/html" : "application/json");
	if (extra && *extra)
		add_header(&c->out, extra);
	if (settings.clock_ahead) {
		struct buf date = {0};
		buf_fmt(&date, "Date: imf+%s", settings.clock_ahead);
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

/* Faults that end the connection, or never answer. */
static bool
break_off(struct conn *c, const char *fault, struct span body)
{
	if (strcmp(fault, "never") == 0) {
		c->hold = true;
	} else if (strcmp(fault, "close") == 0 || strcmp(fault, "race") == 0) {
		c->close_after = true;
	} else if (strncmp(fault, "down:", 5) == 0) {
		stop_listening(atoi(fault + 5));
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
		buf_fmt(&c->out, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%.*s", body.n,
			(int)(body.n / 2), body.p);
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
	int64_t until =
		clock_now() + settings.latency + strtol(line + strlen(name), NULL, 10) * SECOND;
	held_until = until > held_until ? until : held_until;
}

void
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
		buf_str(&c->out, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: "
				 "</x>\r\n\r\n");
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
		buf_fmt(&extra, "Location: http%s://127.0.0.1:%d%s", f[8] ? "s" : "", port_of(1),
			q->path);
		answer(c, q, 307, span_of("{}"), buf_cstr(&extra), 2);
	} else if (strcmp(f, "bom") == 0) {
		buf_fmt(&extra, "\xef\xbb\xbf%.*s", (int)b.n, b.p);
		answer(c, q, status, buf_all(&extra), NULL, extra.n);
	} else if (strcmp(f, "surrogate") == 0) {
		struct span rest = {strstr(buf_cstr(body), "\"id\""), 0};
		rest = rest.p ? span_of(rest.p) : b;
		buf_fmt(&extra, "%.*s\"title\":\"clip \\ud83d\",%s", (int)(b.n - rest.n), b.p,
			rest.p);
		answer(c, q, status, rest.n < b.n ? buf_all(&extra) : b, NULL,
		       rest.n < b.n ? extra.n : b.n);
	} else if (strcmp(f, "escapes") == 0) {
		b = span_of("\x1b]0;owned\x07\x1b[2J\x9b"
			    "31m{\"message\":\"\x1b[31m\"}");
		answer(c, q, 400, b, NULL, b.n);
	} else {
		answer(c, q, status, b, r->header, b.n);
		c->drip = strcmp(f, "drip") == 0;
	}
	buf_free(&extra);
}

void
rules_free(void)
{
	for (size_t i = 0; i < rules_n; i++)
		buf_free(&rules[i].items);
	buf_free(&body_file);
}
