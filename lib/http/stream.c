/* Bodies that are transferred piece by piece: what a stream adds to an exchange. */
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "http/transfer.h"

enum { BUFFER_BYTES = 64 << 10, GATHER_BYTES = 256 << 10 };

/* A limit lets this much time's worth of bytes through together. */
enum { BURST_PARTS = 10 }; /* of a second */

/* Add the tokens for the time that has passed. */
static void
refill(struct http *h, int64_t now)
{
	double most = h->rate / BURST_PARTS;
	h->tokens += h->rate * (double)(now - h->filled) / SECOND;
	h->tokens = h->tokens > most ? most : h->tokens;
	h->filled = now;
}

/*
 * Return true if a stream may move bytes now; one that may not is paused until
 * stream_tick() resumes it.
 */
static bool
may_move(struct transfer *t)
{
	struct http *h = t->http;
	t->alive = clock_now();
	if (h->rate <= 0)
		return true;
	refill(h, t->alive);
	t->paused = h->tokens <= 0;
	return !t->paused;
}

static void
stop(struct transfer *t, const char *why)
{
	t->stopped = true;
	if (!t->why)
		t->why = why;
}

/* Decide what to do with the response's body, at its first byte. */
static void
begin(struct transfer *t)
{
	long status = 0;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	t->reply.status = (int)status;
	char *url = NULL;
	curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &url);
	t->reply.url = url;
	t->body_to = t->stream->head   ? t->stream->head(t->stream->arg, &t->reply)
		     : t->stream->take ? STREAM_TAKE
				       : STREAM_HOLD;
	t->begun = true;
}

void
stream_flush(struct http *h)
{
	struct transfer *t = h->gathered_of;
	size_t n = h->gathered.n;
	if (!t)
		return;
	h->gathered_of = NULL;
	h->gathered.n = 0;
	if (!t->stopped && !t->stream->take(t->stream->arg, h->gathered.p, n))
		stop(t, "it was not read to its end");
}

/* libcurl hands out what it has read in pieces of 16 KiB, and writing a file in these takes the
 * kernel twice as long as in larger ones: put together what comes in one turn of the loop. */
static size_t
gather(struct transfer *t, const char *p, size_t n)
{
	struct http *h = t->http;
	if (h->gathered_of != t || h->gathered.n + n > GATHER_BYTES)
		stream_flush(h);
	if (t->stopped)
		return 0;
	buf_add(&h->gathered, p, n);
	h->gathered_of = t;
	return n;
}

static size_t
take(struct transfer *t, const char *p, size_t n)
{
	if (t->stopped)
		return 0;
	if (!may_move(t))
		return CURL_WRITEFUNC_PAUSE;
	if (!t->begun)
		begin(t);
	t->http->tokens -= (double)n;
	if (t->body_to == STREAM_HOLD) {
		buf_add(&t->reply.body, p,
			n); /* the first piece; transfer_on_body() limits the rest */
		return n;
	}
	if (t->body_to == STREAM_TAKE)
		return gather(t, p, n);
	stop(t, "it was not read to its end");
	return 0;
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	if (t->begun && t->body_to == STREAM_HOLD)
		return transfer_on_body(p, size, n, arg);
	return take(t, p, size * n);
}

static size_t
on_give(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	int64_t left = t->stream->size - t->given;
	n *= size;
	if (left <= 0)
		return 0;
	if (!may_move(t))
		return CURL_READFUNC_PAUSE;
	if ((int64_t)n > left)
		n = (size_t)left;
	ssize_t got = t->stream->give(t->stream->arg, t->given, p, n);
	if (got <= 0) {
		stop(t, "what is sent could not be read to its end");
		return CURL_READFUNC_ABORT;
	}
	t->given += got;
	t->http->tokens -= (double)got;
	return (size_t)got;
}

static int
on_seek(void *arg, curl_off_t offset, int origin)
{
	struct transfer *t = arg;
	if (origin != SEEK_SET || offset < 0 || offset > t->stream->size)
		return CURL_SEEKFUNC_FAIL;
	t->given = offset;
	return CURL_SEEKFUNC_OK;
}

/*
 * Called before each request, those after redirects included: refuses what
 * must not be sent twice.
 */
static int
before_sending(void *arg, char *peer_ip, char *own_ip, int peer_port, int own_port)
{
	struct transfer *t = arg;
	char *scheme = NULL;
	(void)peer_ip, (void)own_ip, (void)peer_port, (void)own_port;
	curl_easy_getinfo(t->easy, CURLINFO_SCHEME, &scheme);
	bool secure = scheme && strcasecmp(scheme, "https") == 0;
	if (t->secure && !secure) {
		t->why = "it redirects from https to http, which is not followed";
		t->stopped = true;
	}
	if (t->stopped || (t->sent && t->has_body))
		return CURL_PREREQFUNC_ABORT;
	t->secure = secure;
	t->sent = true;
	return CURL_PREREQFUNC_OK;
}

struct transfer *
stream_new(struct http *h)
{
	struct transfer *t = transfer_new(h);
	CURL *e = t->easy;
	/*
	 * one stream per connection: no shared window, and several connections
	 * for several ranges
	 */
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, NULL);
	curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)0);
	curl_easy_setopt(e, CURLOPT_MAXREDIRS, (long)HTTP_REDIRECTS);
	curl_easy_setopt(e, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
	curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, (long)BUFFER_BYTES);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_READFUNCTION, on_give);
	curl_easy_setopt(e, CURLOPT_READDATA, t);
	/* not every host answers 100-continue, which libcurl asks for where it signs */
	curl_easy_setopt(e, CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
	curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, on_seek);
	curl_easy_setopt(e, CURLOPT_SEEKDATA, t);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, before_sending);
	t->http = h;
	return t;
}

/* Does the stream have a header of that name of its own? */
static bool
names_header(const struct http_stream *s, const char *line)
{
	size_t n = strcspn(line, ":") + 1;
	for (size_t i = 0; s->headers && s->headers[i]; i++)
		if (strncasecmp(s->headers[i], line, n) == 0)
			return true;
	return false;
}

static void
set_headers(struct transfer *t, const struct http_request *q)
{
	const struct http_stream *s = q->stream;
	curl_slist_free_all(t->headers);
	t->headers = NULL;
	const struct strings *common = &t->http->lines;
	for (size_t i = q->anonymous ? common->n : 0; i < common->n; i++)
		if (!names_header(s, common->v[i]))
			transfer_line(&t->headers, common->v[i]);
	/* what is signed has no header that is not sent: libcurl signs them all */
	if (q->anonymous && !s->sigv4)
		transfer_line(&t->headers, "Expect:"); /* no 100-continue round trip */
	if (!s->sigv4)
		transfer_line(&t->headers, "Accept-Encoding: identity");
	for (size_t i = 0; s->headers && s->headers[i]; i++)
		transfer_line(&t->headers, s->headers[i]);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	if (s->sigv4) {
		curl_easy_setopt(t->easy, CURLOPT_USERPWD, s->userpwd);
		curl_easy_setopt(t->easy, CURLOPT_AWS_SIGV4, s->sigv4);
	}
}

void
stream_prepare(struct transfer *t, const struct http_request *q)
{
	const struct http_stream *s = t->stream = q->stream;
	CURL *e = t->easy;
	t->begun = t->stopped = t->secure = t->paused = false;
	t->body_to = STREAM_HOLD;
	t->given = 0;
	t->alive = clock_now();
	t->why = NULL;
	curl_easy_setopt(e, CURLOPT_NOPROXY, http_url_loopback(q->url) ? "*" : NULL);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, (long)s->follow);
	curl_easy_setopt(e, CURLOPT_PATH_AS_IS, (long)s->as_is);
	curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR,
			 strncasecmp(q->url, "https:", 6) == 0 ? "https" : "http,https");
	curl_easy_setopt(e, CURLOPT_UPLOAD, (long)(s->give != NULL));
	if (s->give) {
		curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->size);
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST,
				 strcmp(q->method, "PUT") == 0 ? NULL : q->method);
		/* that is: must not be sent twice; signed, it would wait for a response in vain */
		t->has_body = s->sigv4 || strcmp(q->method, "POST") == 0;
	}
	set_headers(t, q);
}

CURLcode
stream_tick(struct transfer *t, int64_t now)
{
	if (t->stopped)
		return CURLE_WRITE_ERROR;
	if (t->paused && t->http->rate > 0)
		refill(t->http, now);
	if (t->paused && (t->http->rate <= 0 || t->http->tokens > 0)) {
		t->paused = false; /* the callbacks may set it again immediately */
		t->alive = now;
		return curl_easy_pause(t->easy, CURLPAUSE_CONT);
	}
	if (t->paused || !t->stream->stall || now - t->alive < t->stream->stall)
		return CURLE_OK;
	t->why = "no byte was transferred for as long as --stall allows";
	return CURLE_OPERATION_TIMEDOUT;
}

int64_t
stream_due(const struct transfer *t, int64_t now)
{
	if (t->paused)
		return now + 1 + (int64_t)(-t->http->tokens / t->http->rate * SECOND);
	return t->stream->stall ? t->alive + t->stream->stall : NEVER;
}

const char *
stream_why(CURLcode code)
{
	switch (code) {
	case CURLE_UNSUPPORTED_PROTOCOL:
		return "the URL or a redirect is not http or https, or leads from https to http";
	case CURLE_URL_MALFORMAT:
		return "the URL or a redirect is not a valid http or https URL";
	case CURLE_TOO_MANY_REDIRECTS:
		return "it redirects more than 5 times";
	case CURLE_PARTIAL_FILE:
		return "the connection ended before the file did";
	default:
		return NULL;
	}
}
