#include "http/transfer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/msg.h"

enum { CONNECT_SECONDS = 15, IDLE_SECONDS = 30 };

static size_t
on_head(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	n *= size;
	if (t->stream)
		t->alive = clock_now();
	/* a new status line: what came before was a 1xx response or a redirect */
	if (n >= 5 && memcmp(p, "HTTP/", 5) == 0)
		t->reply.head.n = 0;
	if (t->reply.head.n + n > HTTP_HEAD_MAX) {
		t->too_large = true;
		t->why = "the head of the reply is over 256 KiB";
		return 0;
	}
	buf_add(&t->reply.head, p, n);
	return n;
}

size_t
transfer_on_body(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	n *= size;
	if (t->reply.body.n + n > HTTP_REPLY_MAX) {
		t->too_large = true;
		return 0;
	}
	buf_add(&t->reply.body, p, n);
	return n;
}

/*
 * Called each time libcurl is about to send the request. By itself it sends a
 * POST again when a kept connection closes before the response (30 transfers
 * became 37 jobs): refuse the second time, and decide ourselves.
 */
static int
before_sending(void *arg, char *peer_ip, char *own_ip, int peer_port, int own_port)
{
	struct transfer *t = arg;
	(void)peer_ip, (void)own_ip, (void)peer_port, (void)own_port;
	if (t->sent && t->has_body)
		return CURL_PREREQFUNC_ABORT;
	t->sent = true;
	return CURL_PREREQFUNC_OK;
}

void
transfer_trust(struct http *h, struct transfer *t)
{
	trust_set(&h->trust, t->easy);
	t->by_dir = h->trust.dir != NULL;
}

struct transfer *
transfer_new(struct http *h)
{
	struct transfer *t = mem_zero(sizeof *t);
	CURL *e = t->easy = curl_easy_init();
	t->parsed = curl_url();
	if (!e || !t->parsed)
		msg_die(EXIT_IO, "out of memory");
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->said);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	/* an address without a scheme: none that is accepted, where libcurl would guess http */
	curl_easy_setopt(e, CURLOPT_DEFAULT_PROTOCOL, "file");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip"); /* not all: the line is long */
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS);
	curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)HTTP_REPLY_MAX);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_head);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, transfer_on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, before_sending);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, t);
	if (h->loopback)
		curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
	transfer_trust(h, t);
	return t;
}

static bool
posts(const char *method)
{
	return strcmp(method, "POST") == 0 || strcmp(method, "PATCH") == 0;
}

static void
set_method(struct transfer *t, const char *method)
{
	CURL *e = t->easy;
	curl_easy_setopt(e, CURLOPT_NOBODY, 0L); /* the last request may have been a HEAD */
	if (t->has_body) {
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.n);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS,
				 t->body.p); /* not copied: stays until the end */
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST,
				 strcmp(method, "POST") == 0 ? NULL : method);
	} else if (strcmp(method, "HEAD") == 0) {
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, NULL);
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	} else if (posts(method)) {
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)0); /* Content-Length: 0 */
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, "");
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, method);
	} else {
		curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST,
				 strcmp(method, "GET") == 0 ? NULL : method);
	}
}

/* Is there a header of the same name in the request's own lines? */
static bool
has_own(const char *own, const char *line)
{
	size_t n = strcspn(line, ":;") + 1;
	for (const char *p = own; p && *p; p += strcspn(p, "\n"), p += *p == '\n')
		if (strncasecmp(p, line, n) == 0)
			return true;
	return false;
}

/* A request without a body has no Content-Type, or frameworks answer 400. */
static void
add_common(struct transfer *t, const struct strings *common, const struct http_request *q)
{
	static const char type[] = "Content-Type:";
	for (size_t i = 0; i < common->n; i++)
		if ((t->has_body || strncasecmp(common->v[i], type, sizeof type - 1) != 0) &&
		    !has_own(q->header, common->v[i]))
			transfer_line(&t->headers, common->v[i]);
	/* libcurl gives an empty POST one of its own */
	if (!t->has_body && posts(q->method))
		transfer_line(&t->headers, type);
}

static void
add_lines(struct transfer *t, const char *text)
{
	for (const char *p = text; p && *p;) {
		size_t n = strcspn(p, "\n");
		char *line = mem_dup((struct span){p, n});
		transfer_line(&t->headers, line);
		free(line);
		p += n + (p[n] == '\n');
	}
}

/* Set the key and the headers; a request for another host gets neither. */
static void
set_headers(struct http *h, struct transfer *t, const struct http_request *q)
{
	static const struct strings none;
	curl_slist_free_all(t->headers);
	t->headers = NULL;
	if (q->header || !t->has_body) {
		add_common(t, q->anonymous ? &none : &h->lines, q);
		add_lines(t, q->header);
	}
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER,
			 t->headers     ? t->headers
			 : q->anonymous ? NULL
					: headers_common(h));
	curl_easy_setopt(t->easy, CURLOPT_USERPWD, q->anonymous ? NULL : h->userpwd);
	curl_easy_setopt(t->easy, CURLOPT_AWS_SIGV4, q->anonymous ? NULL : h->sigv4);
}

/*
 * Set the URL. It is parsed when it changes, not for each exchange, as libcurl
 * would: that takes more than all else it does before it sends. A URL that
 * cannot be parsed is left to libcurl, to say why; so is one with redirects.
 */
static void
set_url(struct transfer *t, const struct http_request *q)
{
	if (t->url.n && strcmp(buf_cstr(&t->url), q->url) == 0)
		return;
	t->url.n = 0;
	buf_str(&t->url, q->url);
	bool good = !q->stream && !curl_url_set(t->parsed, CURLUPART_URL, buf_cstr(&t->url), 0);
	curl_easy_setopt(t->easy, CURLOPT_URL, buf_cstr(&t->url));
	curl_easy_setopt(t->easy, CURLOPT_CURLU, good ? t->parsed : NULL);
	/*
	 * over TLS the first handshake shows whether one connection is enough;
	 * in the clear only a response would
	 */
	curl_easy_setopt(t->easy, CURLOPT_PIPEWAIT, (long)(strncmp(q->url, "https:", 6) == 0));
}

void
transfer_prepare(struct http *h, struct transfer *t, const struct http_request *q, void *user)
{
	t->user = user;
	t->body.n = 0;
	t->has_body = q->body.p != NULL;
	t->sent = t->too_large = false;
	t->said[0] = '\0';
	t->why = NULL;
	t->reply = (struct http_response){
		.head = t->reply.head, .body = t->reply.body, .began = clock_now()};
	t->reply.head.n = t->reply.body.n = 0;
	buf_span(&t->body, q->body);
	buf_room(&t->body, 1); /* an empty body is a body */
	set_url(t, q);
	t->due = q->timeout ? t->reply.began + q->timeout : NEVER;
	if (t->by_dir != (h->trust.dir != NULL))
		transfer_trust(h, t);
	set_method(t, q->method);
	set_headers(h, t, q);
}

bool
transfer_is_http(const struct transfer *t, CURLcode code)
{
	return code != CURLE_UNSUPPORTED_PROTOCOL || !strstr(t->said, "HTTP/0.9");
}

enum http_end
transfer_end(const struct transfer *t, CURLcode code)
{
	if (t->stopped)
		return HTTP_STOPPED;
	if (t->too_large || code == CURLE_FILESIZE_EXCEEDED)
		return HTTP_TOO_LARGE;
	/* once the request was sent, no code means that it was not: libcurl reconnects by itself */
	if (t->sent && (t->has_body || !t->stream))
		return HTTP_LOST;
	switch (transfer_is_http(t, code) ? code : CURLE_WEIRD_SERVER_REPLY) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CIPHER:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_TOO_MANY_REDIRECTS:
	case CURLE_URL_MALFORMAT:
		return HTTP_UNTRUSTED;
	default:
		return t->sent ? HTTP_LOST : HTTP_UNSENT;
	}
}

void
transfer_free_all(struct transfer *t)
{
	while (t) {
		struct transfer *next = t->next;
		curl_easy_cleanup(t->easy);
		curl_url_cleanup(t->parsed);
		curl_slist_free_all(t->headers);
		buf_free(&t->url);
		buf_free(&t->body);
		buf_free(&t->reply.head);
		buf_free(&t->reply.body);
		free(t);
		t = next;
	}
}
