#include "http/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "http/transfer.h"

enum { KEEP_BYTES = 256 << 10 };

struct http *
http_new(const struct http_config *config)
{
	struct http *h = mem_zero(sizeof *h);
	h->userpwd = mem_dup_text(config->userpwd);
	h->sigv4 = mem_dup_text(config->sigv4);
	h->cacert = mem_dup_text(config->cacert);
	h->loopback = config->loopback;
	/* no 100-continue round trip; libcurl would sign the line, which is not sent */
	if (!h->sigv4)
		strings_copy(&h->lines, "Expect:");
	return h;
}

void
http_set_userpwd(struct http *h, const char *userpwd)
{
	free(h->userpwd);
	h->userpwd = mem_dup(span_of(userpwd));
}

static void
track(struct http *h, struct transfer *t)
{
	if (h->running_n == h->running_cap) {
		h->running_cap = h->running_cap ? 2 * h->running_cap : 16;
		h->running = mem_grow(h->running, h->running_cap * sizeof *h->running);
		/* keep one connection for each exchange */
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
		struct transfer **spare = h->handed->stream ? &h->spare_streams : &h->spare;
		h->handed->next = *spare;
		*spare = h->handed;
		h->handed = NULL;
	}
}

/* Load and start libcurl, and TLS with it: a run that sends nothing does not need them. */
static void
begin(struct http *h)
{
	if (h->multi)
		return;
	libcurl_load();
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(h->multi = curl_multi_init()))
		msg_die(EXIT_IO, "libcurl cannot start");
	trust_init(&h->trust, h->cacert);
}

void
http_send(struct http *h, const struct http_request *q, void *user)
{
	begin(h);
	put_back(h);
	struct transfer **spare = q->stream ? &h->spare_streams : &h->spare, *t = *spare;
	if (t)
		*spare = t->next;
	else
		t = q->stream ? stream_new(h) : transfer_new(h);
	transfer_prepare(h, t, q, user);
	if (q->stream)
		stream_prepare(t, q);
	track(h, t);
	if (curl_multi_add_handle(h->multi, t->easy) != CURLM_OK)
		msg_die(EXIT_IO, "libcurl takes no more requests");
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

/*
 * Return what went wrong, in libcurl's words if they name the certificate or
 * the proxy's response.
 */
static const char *
reason(const struct transfer *t, CURLcode code)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_PROXY:
		return *t->said ? t->said : curl_easy_strerror(code);
	default:
		/* "CONNECT tunnel failed, response 407" has had several codes */
		return strstr(t->said, "CONNECT") || strstr(t->said, "proxy")
			       ? t->said
			       : curl_easy_strerror(code);
	}
}

static void
end(struct http *h, struct transfer *t, CURLcode code)
{
	long status = 0;
	if (h->gathered_of == t)
		stream_flush(h);
	if (t->stopped && code == CURLE_OK)
		code = CURLE_WRITE_ERROR;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	t->reply.status = (int)status;
	t->reply.ended = clock_now();
	t->reply.end = code == CURLE_OK ? HTTP_ANSWERED : transfer_end(t, code);
	if (code == CURLE_ABORTED_BY_CALLBACK)
		code = CURLE_GOT_NOTHING; /* what it was before libcurl tried to send again */
	if (!t->why && !transfer_is_http(t, code))
		t->why = "the reply is not HTTP";
	if (t->stream && !t->why)
		t->why = stream_why(code);
	t->reply.why = t->why ? t->why
		       : t->too_large || code == CURLE_FILESIZE_EXCEEDED
			       ? "the reply is over 16 MiB"
			       : reason(t, code);
	/* a refusal counts, even if its text was cut */
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

/*
 * Retry with the bundle a peer that the system's directory does not know:
 * nothing was sent, and the bundle may know it.
 */
static bool
trust_more(struct http *h, struct transfer *t, CURLcode code)
{
	if (code != CURLE_PEER_FAILED_VERIFICATION || (t->sent && t->has_body) || !t->by_dir ||
	    (h->trust.dir && !trust_widen(&h->trust)))
		return false;
	curl_multi_remove_handle(h->multi, t->easy);
	transfer_trust(h, t);
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
			CURLcode code = m->data.result; /* m is invalid after end() */
			curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
			if (!trust_more(h, t, code))
				end(h, t, code);
		}
}

struct http_response *
http_next(struct http *h, void **user)
{
	for (;;) {
		put_back(h);
		struct transfer *t = h->ended;
		if (!t)
			return NULL;
		h->ended = t->next;
		h->handed = t;
		*user = t->user;
		if (!t->stream || !t->stream->done)
			return &t->reply;
		t->stream->done(t->stream->arg, &t->reply);
	}
}

/*
 * Resume streams that the limit held back, and end those that have stalled and
 * exchanges whose time is over. Return when to look again, `until` at the
 * latest.
 */
static int64_t
tick(struct http *h, int64_t until)
{
	int64_t now = clock_now();
	for (size_t i = 0; i < h->running_n;) {
		struct transfer *t = h->running[i];
		CURLcode code = now >= t->due ? CURLE_OPERATION_TIMEDOUT
				: t->stream   ? stream_tick(t, now)
					      : CURLE_OK;
		if (code != CURLE_OK) {
			end(h, t, code); /* the last one has taken its place */
			continue;
		}
		int64_t due = t->stream ? stream_due(t, now) : NEVER;
		due = t->due < due ? t->due : due;
		until = due < until ? due : until;
		i++;
	}
	stream_flush(h); /* what was resumed may have got bytes */
	return until;
}

static void
perform(struct http *h)
{
	int running;
	curl_multi_perform(h->multi, &running);
	stream_flush(h);
	collect(h);
}

void
http_wait(struct http *h, struct pollfd *fds, nfds_t n, int64_t until)
{
	if (!h->multi) {
		poll(fds, n, clock_poll_ms(clock_now(), until));
		return;
	}
	perform(h);
	until = tick(h, until);
	int ms = h->ended ? 0 : clock_poll_ms(clock_now(), until);
	struct curl_waitfd extra[8] = {0};
	unsigned count = 0;
	for (nfds_t i = 0; i < n && i < 8; i++) {
		fds[i].revents = 0;
		if (fds[i].fd >= 0)
			extra[count++] = (struct curl_waitfd){
				.fd = fds[i].fd,
				.events = fds[i].events & POLLIN ? CURL_WAIT_POLLIN : 0};
	}
	curl_multi_poll(h->multi, extra, count, ms, NULL);
	/*
	 * libcurl's versions report POLLERR and POLLHUP differently: poll our
	 * own again, for one call
	 */
	if (n)
		poll(fds, n, 0);
	perform(h);
}

void
http_abort(struct http *h)
{
	while (h->running_n)
		end(h, h->running[0], CURLE_OPERATION_TIMEDOUT);
}

void
http_cancel(struct http *h, const void *user)
{
	for (size_t i = 0; i < h->running_n;)
		if (h->running[i]->user == user) {
			h->running[i]->stopped = true;
			end(h, h->running[i], CURLE_OPERATION_TIMEDOUT);
		} else {
			i++;
		}
}

void
http_limit(struct http *h, int64_t rate)
{
	h->rate = (double)rate;
}

void
http_free(struct http *h)
{
	if (!h)
		return;
	http_abort(h);
	put_back(h);
	transfer_free_all(h->ended);
	transfer_free_all(h->spare);
	transfer_free_all(h->spare_streams);
	if (h->multi) {
		curl_multi_cleanup(h->multi);
		trust_free(&h->trust);
		curl_slist_free_all(h->headers);
		curl_slist_free_all(h->retired);
		curl_global_cleanup();
	}
	strings_free(&h->lines);
	free(h->running);
	buf_free(&h->gathered);
	free(h->userpwd);
	free(h->sigv4);
	free(h->cacert);
	free(h);
}

const char *
http_version(void)
{
	/* curl_version() would initialize LDAP and others to get their versions */
	static char text[128];
	libcurl_load();
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
	snprintf(text, sizeof text, "libcurl/%s %s", v->version,
		 v->ssl_version ? v->ssl_version : "without TLS");
	return text;
}
