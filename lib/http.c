#include "http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "msg.h"
#include "trust.h"

enum { CONNECT_SECONDS = 15, IDLE_SECONDS = 30, KEEP_BYTES = 256 << 10 };

/* One exchange. Kept and used again, with its easy handle. */
struct transfer {
	CURL *easy;
	void *user;
	struct buf url, body;
	bool has_body, sent, too_large;
	bool by_dir; /* the certificates that its handle trusts are a directory's */
	struct curl_slist *headers; /* its own, or NULL: the common ones */
	struct http_reply reply;
	struct transfer *next;      /* in the list of free, or ended, or all running */
};

struct http {
	CURLM *multi;
	struct curl_slist *headers;
	char *userpwd, *sigv4;
	struct trust trust;
	bool loopback;
	struct transfer *spare, *ended, *handed;
	struct transfer **running;
	size_t running_n, running_cap;
};

static char *
dup_or_null(const char *s)
{
	return s ? mem_dup(span_of(s)) : NULL;
}

static void
add_line(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);
	if (!longer)
		msg_die(EXIT_IO, "out of memory");
	*list = longer;
}

struct http *
http_new(const struct http_config *config)
{
	struct http *h = mem_zero(sizeof *h);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(h->multi = curl_multi_init()))
		msg_die(EXIT_IO, "libcurl cannot start");
	h->userpwd = dup_or_null(config->userpwd);
	h->sigv4 = dup_or_null(config->sigv4);
	trust_init(&h->trust, config->cacert);
	h->loopback = config->loopback;
	add_line(&h->headers, "Expect:"); /* no 100-continue round trip */
	return h;
}

void
http_add_header(struct http *h, const char *line)
{
	add_line(&h->headers, line);
}

static size_t
on_head(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	n *= size;
	/* a new status line: what came before was a 1xx answer */
	if (n >= 5 && memcmp(p, "HTTP/", 5) == 0)
		t->reply.head.n = 0;
	if (t->reply.head.n + n > HTTP_HEAD_MAX) {
		t->too_large = true;
		return 0;
	}
	buf_add(&t->reply.head, p, n);
	return n;
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
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
 * POST again when a kept connection dies before the answer (30 transfers
 * became 37 jobs): the second time is refused, and we decide.
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

static void
set_tls(struct http *h, struct transfer *t)
{
	trust_set(&h->trust, t->easy);
	t->by_dir = h->trust.dir != NULL;
}

/* What is the same for every exchange. */
static struct transfer *
transfer_new(struct http *h)
{
	struct transfer *t = mem_zero(sizeof *t);
	CURL *e = t->easy = curl_easy_init();
	if (!e)
		msg_die(EXIT_IO, "out of memory");
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS);
	curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)HTTP_REPLY_MAX);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_head);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, before_sending);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, t);
	if (h->loopback)
		curl_easy_setopt(e, CURLOPT_PROXY, "");
	set_tls(h, t);
	return t;
}

static void
set_method(struct transfer *t, const char *method)
{
	CURL *e = t->easy;
	if (t->has_body) {
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->body.n);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, t->body.p); /* not copied: ours until the end */
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, strcmp(method, "POST") == 0 ? NULL : method);
	} else if (strcmp(method, "HEAD") == 0) {
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, NULL);
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	} else {
		curl_easy_setopt(e, CURLOPT_NOBODY, 0L);
		curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, strcmp(method, "GET") == 0 ? NULL : method);
	}
}

/* The key and the headers; a request for another host gets none of them. */
static void
set_headers(struct http *h, struct transfer *t, const struct http_request *q)
{
	curl_slist_free_all(t->headers);
	t->headers = NULL;
	if (q->header) {
		for (struct curl_slist *l = q->anonymous ? NULL : h->headers; l; l = l->next)
			add_line(&t->headers, l->data);
		add_line(&t->headers, q->header);
	}
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers ? t->headers : q->anonymous ? NULL : h->headers);
	curl_easy_setopt(t->easy, CURLOPT_USERPWD, q->anonymous ? NULL : h->userpwd);
	curl_easy_setopt(t->easy, CURLOPT_AWS_SIGV4, q->anonymous ? NULL : h->sigv4);
}

static void
track(struct http *h, struct transfer *t)
{
	if (h->running_n == h->running_cap) {
		h->running_cap = h->running_cap ? 2 * h->running_cap : 16;
		h->running = mem_grow(h->running, h->running_cap * sizeof *h->running);
		/* one connection for each exchange under way is kept warm */
		curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)h->running_cap);
	}
	h->running[h->running_n++] = t;
}

static void
put_back(struct http *h)
{
	if (h->handed) {
		if (h->handed->reply.body.cap > KEEP_BYTES)
			buf_free(&h->handed->reply.body);
		h->handed->next = h->spare;
		h->spare = h->handed;
		h->handed = NULL;
	}
}

void
http_send(struct http *h, const struct http_request *q, void *user)
{
	put_back(h);
	struct transfer *t = h->spare;
	if (t)
		h->spare = t->next;
	else
		t = transfer_new(h);
	t->user = user;
	t->url.n = t->body.n = 0;
	t->has_body = q->body.p != NULL;
	t->sent = t->too_large = false;
	t->reply = (struct http_reply){.head = t->reply.head, .body = t->reply.body, .began = clock_now()};
	t->reply.head.n = t->reply.body.n = 0;
	buf_str(&t->url, q->url);
	buf_span(&t->body, q->body);
	buf_room(&t->body, 1); /* an empty body is one too */
	curl_easy_setopt(t->easy, CURLOPT_URL, buf_cstr(&t->url));
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)(q->timeout / MILLISECOND));
	if (t->by_dir != (h->trust.dir != NULL))
		set_tls(h, t);
	set_method(t, q->method);
	set_headers(h, t, q);
	track(h, t);
	if (curl_multi_add_handle(h->multi, t->easy) != CURLM_OK)
		msg_die(EXIT_IO, "libcurl takes no more requests");
}

static enum http_end
failure_kind(const struct transfer *t, CURLcode code)
{
	if (t->too_large || code == CURLE_FILESIZE_EXCEEDED)
		return HTTP_TOO_LARGE;
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CIPHER:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
		return HTTP_UNTRUSTED;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
		return HTTP_UNSENT;
	default:
		return t->sent ? HTTP_LOST : HTTP_UNSENT;
	}
}

static void
untrack(struct http *h, struct transfer *t)
{
	for (size_t i = 0; i < h->running_n; i++)
		if (h->running[i] == t) {
			h->running[i] = h->running[--h->running_n];
			return;
		}
}

static void
end(struct http *h, struct transfer *t, CURLcode code)
{
	long status = 0;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	t->reply.status = (int)status;
	t->reply.ended = clock_now();
	t->reply.end = code == CURLE_OK ? HTTP_ANSWERED : failure_kind(t, code);
	if (code == CURLE_ABORTED_BY_CALLBACK)
		code = CURLE_GOT_NOTHING; /* what it was before libcurl wanted to send again */
	t->reply.why = t->too_large || code == CURLE_FILESIZE_EXCEEDED ? "the reply is over 16 MiB"
								       : curl_easy_strerror(code);
	/* a refusal is one, however its text was cut */
	if (t->reply.end == HTTP_LOST && status >= 400)
		t->reply.end = HTTP_ANSWERED;
	curl_multi_remove_handle(h->multi, t->easy);
	untrack(h, t);
	t->next = NULL;
	struct transfer **last = &h->ended;
	while (*last)
		last = &(*last)->next;
	*last = t;
}

/* A peer that the system's directory does not know: nothing was sent, and the bundle may know it. */
static bool
trust_more(struct http *h, struct transfer *t, CURLcode code)
{
	if (code != CURLE_PEER_FAILED_VERIFICATION || !t->by_dir || (h->trust.dir && !trust_widen(&h->trust)))
		return false;
	curl_multi_remove_handle(h->multi, t->easy);
	set_tls(h, t);
	return curl_multi_add_handle(h->multi, t->easy) == CURLM_OK;
}

static void
collect(struct http *h)
{
	CURLMsg *m;
	int left;
	while ((m = curl_multi_info_read(h->multi, &left)))
		if (m->msg == CURLMSG_DONE) {
			struct transfer *t;
			CURLcode code = m->data.result; /* m is gone after end() */
			curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
			if (!trust_more(h, t, code))
				end(h, t, code);
		}
}

struct http_reply *
http_next(struct http *h, void **user)
{
	put_back(h);
	struct transfer *t = h->ended;
	if (!t)
		return NULL;
	h->ended = t->next;
	h->handed = t;
	*user = t->user;
	return &t->reply;
}

void
http_wait(struct http *h, struct pollfd *fds, nfds_t n, int64_t until)
{
	int running;
	curl_multi_perform(h->multi, &running);
	collect(h);
	int ms = h->ended ? 0 : clock_poll_ms(clock_now(), until);
	struct curl_waitfd extra[8] = {0};
	unsigned count = 0;
	for (nfds_t i = 0; i < n && i < 8; i++) {
		fds[i].revents = 0;
		if (fds[i].fd >= 0)
			extra[count++] = (struct curl_waitfd){.fd = fds[i].fd,
							      .events = fds[i].events & POLLIN ? CURL_WAIT_POLLIN : 0};
	}
	curl_multi_poll(h->multi, extra, count, ms, NULL);
	/* what curl reports of POLLERR and POLLHUP differs by version: ask again for ours, it costs one call */
	if (n)
		poll(fds, n, 0);
	curl_multi_perform(h->multi, &running);
	collect(h);
}

void
http_abort(struct http *h)
{
	while (h->running_n)
		end(h, h->running[0], CURLE_OPERATION_TIMEDOUT);
}

struct span
http_header(const struct http_reply *r, const char *name)
{
	size_t n = strlen(name);
	struct span found = {"", 0};
	for (const char *p = r->head.p, *end = p ? p + r->head.n : p; p < end;) {
		const char *eol = memchr(p, '\n', (size_t)(end - p)), *v = p + n + 1;
		if (!eol)
			eol = end;
		if ((size_t)(eol - p) > n && p[n] == ':' && strncasecmp(p, name, n) == 0) {
			const char *e = eol;
			while (v < e && (*v == ' ' || *v == '\t'))
				v++;
			while (e > v && (e[-1] == '\r' || e[-1] == ' ' || e[-1] == '\t'))
				e--;
			found = (struct span){v, (size_t)(e - v)};
		}
		p = eol + 1;
	}
	return found;
}

static void
transfers_free(struct transfer *t)
{
	while (t) {
		struct transfer *next = t->next;
		curl_easy_cleanup(t->easy);
		curl_slist_free_all(t->headers);
		buf_free(&t->url);
		buf_free(&t->body);
		buf_free(&t->reply.head);
		buf_free(&t->reply.body);
		free(t);
		t = next;
	}
}

void
http_free(struct http *h)
{
	if (!h)
		return;
	http_abort(h);
	put_back(h);
	transfers_free(h->ended);
	transfers_free(h->spare);
	curl_multi_cleanup(h->multi);
	curl_slist_free_all(h->headers);
	free(h->running);
	free(h->userpwd);
	free(h->sigv4);
	trust_free(&h->trust);
	free(h);
	curl_global_cleanup();
}

const char *
http_version(void)
{
	return curl_version();
}
