/* One HTTP exchange and its easy handle. Private to lib/http. */
#ifndef TC_HTTP_TRANSFER_H
#define TC_HTTP_TRANSFER_H

#include "base/strlist.h"
#include "http/http.h"
#include "http/libcurl.h"
#include "http/trust.h"

/* One exchange; kept for reuse with its easy handle. */
struct transfer {
	CURL *easy;
	CURLU *parsed; /* the URL */
	void *user;
	struct buf url, body;
	bool has_body, sent, too_large;
	bool by_dir;                /* its handle trusts the certificates of a directory */
	struct curl_slist *headers; /* its own headers; NULL: the common ones */
	int64_t due;                /* it is ended then, monotonic; or NEVER */
	struct http_response reply;
	char said[CURL_ERROR_SIZE]; /* libcurl's own words for what went wrong, or empty */
	const char *why;            /* what ended it, where libcurl does not say; or NULL */
	struct transfer *next;      /* in the list of spare or ended ones */

	/* for a stream, see stream.c */
	struct http *http;
	const struct http_stream *stream; /* NULL: not a stream */
	enum stream_body body_to;
	bool begun, stopped, secure, paused;
	int64_t given; /* bytes of the request's body sent */
	int64_t alive; /* when a byte last moved, monotonic */
};

struct http {
	CURLM *multi;                         /* NULL until the first exchange */
	struct strings lines;                 /* the headers of all requests */
	struct curl_slist *headers, *retired; /* NULL, or libcurl's list of them; lists of before */
	char *userpwd, *sigv4, *cacert;
	struct trust trust;
	bool loopback;
	struct transfer *spare, *spare_streams, *ended, *handed;
	struct transfer **running;
	size_t running_n, running_cap;
	double rate,
		tokens; /* of all streams: bytes a second (0: no limit), and bytes allowed now */
	int64_t filled; /* when tokens were last added */
	struct transfer *gathered_of; /* NULL: nothing is gathered */
	struct buf gathered;          /* bytes of that stream that it was not given yet */
};

/* Make an exchange with everything that is the same for all. */
struct transfer *transfer_new(struct http *h);

/* Set up a request, which is copied; user is returned with the response. */
void transfer_prepare(struct http *h, struct transfer *t, const struct http_request *q, void *user);

/* libcurl's write callback: hold a piece of a body, up to the cap. */
size_t transfer_on_body(char *p, size_t size, size_t n, void *arg);

/* stream.c: do the same for a stream. Call stream_prepare() after transfer_prepare(). */
struct transfer *stream_new(struct http *h);
void stream_prepare(struct transfer *t, const struct http_request *q);

/* Give a stream the bytes that were gathered for it: at the end of each turn of the loop. */
void stream_flush(struct http *h);

/*
 * Resume a stream that the limit holds back, if there is room. Return what to
 * end it with, or CURLE_OK.
 */
CURLcode stream_tick(struct transfer *t, int64_t now);

/* Return what libcurl's code means for a stream, where libcurl's own text says less, or NULL. */
const char *stream_why(CURLcode code);

/* Return when to call stream_tick() next, or NEVER. */
int64_t stream_due(const struct transfer *t, int64_t now);

/* Let the handle trust what h trusts now. */
void transfer_trust(struct http *h, struct transfer *t);

/* Return false if libcurl ended with this code because the reply is not HTTP. */
bool transfer_is_http(const struct transfer *t, CURLcode code);

/* Return what it means that libcurl ended with this code. */
enum http_end transfer_end(const struct transfer *t, CURLcode code);

/* headers_common.c. Return libcurl's list of the headers of all requests: one for all that have no
 * others. */
struct curl_slist *headers_common(struct http *h);

/* Append a header line. Exit 74 if memory is out. */
void transfer_line(struct curl_slist **list, const char *line);

/* Free a list of exchanges. */
void transfer_free_all(struct transfer *t);

#endif
