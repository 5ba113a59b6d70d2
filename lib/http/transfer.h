/* An exchange as libcurl has it: its easy handle, what it sends, what has come. For http.c alone. */
#ifndef TC_HTTP_TRANSFER_H
#define TC_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "http/http.h"
#include "http/trust.h"

/* One exchange. Kept and used again, with its easy handle. */
struct transfer {
	CURL *easy;
	void *user;
	struct buf url, body;
	bool has_body, sent, too_large;
	bool by_dir; /* the certificates that its handle trusts are a directory's */
	struct curl_slist *headers; /* its own, or NULL: the common ones */
	struct http_response reply;
	struct transfer *next;      /* in the list of free, or ended, or all running */

	/* of a stream; see stream.c */
	struct http *http;
	const struct http_stream *stream; /* NULL: it is none */
	enum stream_body body_to;
	bool begun, stopped, secure, paused;
	int64_t given; /* bytes of the request's body */
	int64_t alive; /* when a byte last moved, monotonic */
	const char *why; /* what ended it, where libcurl does not know; or NULL */
};

struct http {
	CURLM *multi;
	struct curl_slist *headers, *retired; /* retired: what was replaced */
	char *userpwd, *sigv4;
	struct trust trust;
	bool loopback;
	struct transfer *spare, *spare_streams, *ended, *handed;
	struct transfer **running;
	size_t running_n, running_cap;
	double rate, tokens; /* of all streams: bytes a second (0: no limit), and what may be moved now */
	int64_t filled;      /* when tokens were last added */
};

/* A new one with all that is the same for every exchange. */
struct transfer *transfer_new(struct http *h);

/* Sets up what is asked for; all is copied. user comes back with the reply. */
void transfer_prepare(struct http *h, struct transfer *t, const struct http_request *q, void *user);

/* libcurl's write callback: hold a piece of a body, up to the cap. */
size_t transfer_on_body(char *p, size_t size, size_t n, void *arg);

/* stream.c: the same for a stream. Call stream_prepare() after transfer_prepare(). */
struct transfer *stream_new(struct http *h);
void stream_prepare(struct transfer *t, const struct http_request *q);

/* Lets a stream that the limit holds back go on, if there is room: what it must be ended with, or CURLE_OK. */
CURLcode stream_tick(struct transfer *t, int64_t now);

/* What libcurl's code means for a stream, where its own words say less; else NULL. */
const char *stream_why(CURLcode code);

/* When stream_tick() is next worth calling; NEVER if it is not. */
int64_t stream_due(const struct transfer *t, int64_t now);

/* Has its handle trust what h trusts now. */
void transfer_trust(struct http *h, struct transfer *t);

/* What it means that libcurl ended with this code. */
enum http_end transfer_end(const struct transfer *t, CURLcode code);

/* Appends a header line; exits 74 when memory is gone. */
void transfer_line(struct curl_slist **list, const char *line);

/* Frees a list of them. */
void transfer_free_all(struct transfer *t);

#endif
