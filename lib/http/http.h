/*
 * HTTP exchanges on libcurl's multi interface: a few warm connections, any
 * number of requests one after the other. Redirects are not followed, TLS is
 * always verified, only http and https are spoken, replies are capped.
 */
#ifndef TC_HTTP_HTTP_H
#define TC_HTTP_HTTP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

enum { HTTP_REPLY_MAX = 16 << 20, HTTP_HEAD_MAX = 256 << 10 };

struct http;

struct http_config {
	const char *cacert;   /* a file of certificates, or NULL: what trust.h says */
	const char *userpwd;  /* "user:password" for basic and sigv4, or NULL */
	const char *sigv4;    /* CURLOPT_AWS_SIGV4's value, or NULL */
	bool loopback;        /* the service is on this machine: no proxy */
};

/* Copies what it needs of the config. Exits 74 if libcurl cannot start. */
struct http *http_new(const struct http_config *config);
void http_free(struct http *h);

/* Header lines ("Name: value") that go with every request. Copied. */
void http_add_header(struct http *h, const char *line);

/* The same, in the place of the one of that name: for a key that has changed. Exchanges under way keep theirs. */
void http_set_header(struct http *h, const char *line);

/* Another "user:password" from now on. */
void http_set_userpwd(struct http *h, const char *userpwd);

struct http_request {
	const char *method, *url;
	struct span body;   /* p NULL: none. Copied */
	const char *header; /* one more header line, or several with a newline between, which win over the common ones; NULL: none */
	bool anonymous;     /* for another host: neither the common headers nor the key */
	int64_t timeout;    /* for the whole exchange, microseconds; 0: none */
	const struct http_stream *stream; /* or NULL */
};

/* What became of an exchange. */
enum http_end {
	HTTP_ANSWERED,  /* a whole reply, or at least its status when that says the request failed */
	HTTP_UNSENT,    /* nothing of the request can have been acted on */
	HTTP_LOST,      /* it was sent, and no answer of HTTP came: it may have been acted on */
	HTTP_TOO_LARGE, /* the answer is over a cap; it may have been acted on */
	HTTP_UNTRUSTED, /* the peer could not be verified, or the URL (or where it redirects) not be used: nothing was sent */
	HTTP_STOPPED,   /* a callback of its stream, or http_cancel(), ended it */
};

struct http_response {
	enum http_end end;
	int status;             /* 0: none came */
	const char *why;        /* when not HTTP_ANSWERED: what happened, static */
	const char *url;        /* of a stream, from its first byte on: where it comes from, after redirects; else NULL */
	struct buf head, body;
	int64_t began, ended;   /* monotonic */
};

/* What becomes of an answer's body: it goes to take(), is held in the reply as ever, or is not read. */
enum stream_body { STREAM_TAKE, STREAM_HOLD, STREAM_STOP };

/*
 * Bodies that are moved piece by piece and never held: a download, an upload,
 * or both. A callback that is NULL leaves its side as it is without a stream.
 * No compression is asked for, and no connection shared by several (HTTP/1.1).
 * Borrowed, with all it points to, until the reply has come.
 */
struct http_stream {
	void *arg; /* for the callbacks; none of them may call http_*() but http_header() */

	/* Called once, before the first byte of the body of the last answer (after all redirects): status and headers are
	   there. Not called for an answer without a body. */
	enum stream_body (*head)(void *arg, const struct http_response *r);

	/* The next bytes of the answer. False: end it. */
	bool (*take)(void *arg, const char *p, size_t n);

	/* The request's body from byte `at` on: up to n bytes into p. -1, or 0 before size: end it. May be asked again from
	   an earlier byte on, when the request must be sent again. */
	ssize_t (*give)(void *arg, int64_t at, char *p, size_t n);
	int64_t size; /* of the request's body: its Content-Length */

	const char *const *headers; /* lines "Name: value", NULL after the last; or NULL */
	const char *sigv4, *userpwd; /* as in http_config, for an anonymous request that is signed; or NULL */
	/* Called with the reply, which then does not come out of http_next(): for transfers that are not a service's. May be
	   NULL; may not call http_send(). */
	void (*done)(void *arg, const struct http_response *r);

	int64_t stall; /* ends it when no byte moves for so long, microseconds; 0: never */
	bool follow;   /* redirects: at most HTTP_REDIRECTS, to http and https, from https to https alone */
};
enum { HTTP_REDIRECTS = 5 };

/* What all streams together may move, bytes a second; 0: as much as there is. */
void http_limit(struct http *h, int64_t rate);

/* Ends the exchanges that were started with user: each comes out of http_next() as HTTP_STOPPED. */
void http_cancel(struct http *h, const void *user);

/* Starts an exchange; user comes back with its reply. */
void http_send(struct http *h, const struct http_request *q, void *user);

/* A reply that has come, or NULL. Borrowed until the next call of http_next() or http_send(). */
struct http_response *http_next(struct http *h, void **user);

/* Moves all exchanges on, and sleeps until one has ended, an fd has news, or `until` (monotonic). */
void http_wait(struct http *h, struct pollfd *fds, nfds_t n, int64_t until);

/* Ends every exchange now: each comes out of http_next() as HTTP_LOST or HTTP_UNSENT. */
void http_abort(struct http *h);

/* The value of the last header of that name, empty if there is none. */
struct span http_header(const struct http_response *r, const char *name);

/* The value of the next header of that name from *at on, which begins as 0. False: there is no other. */
bool http_header_next(const struct http_response *r, const char *name, size_t *at, struct span *value);

/* "libcurl/7.88.1 OpenSSL/3.0.19 ..." */
const char *http_version(void);

/* Appends s percent-encoded as one path segment or query value (RFC 3986: all but unreserved). */
void http_escape(struct buf *b, struct span s);

/* Is this "http://" or "https://" with a host, and no user, query or fragment? NULL or why not (static). */
const char *http_url_problem(const char *url);

/* "https://host:port" of a URL, to name it by: without what may be secret in it. */
struct span http_origin(const char *url);

/* Does the URL name this machine by localhost, 127.0.0.0/8 or [::1]? */
bool http_url_loopback(const char *url);

/* Does the text begin with a scheme and "://"? */
bool url_has_scheme(const char *text);

/* Return the URL that a reference, such as a Location, leads to from base (RFC 3986 section 5), if it is http or https, else
   NULL. The caller frees it. */
char *http_url_join(const char *base, struct span reference);

#endif
