/*
 * HTTP exchanges on libcurl's multi interface: a few kept connections, any
 * number of requests one after the other. Redirects are not followed, TLS is
 * always verified, only http and https are spoken, and responses are limited
 * in size.
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
	const char *cacert;  /* a file of certificates; NULL: as http/trust.h says */
	const char *userpwd; /* "user:password" for basic and sigv4, or NULL */
	const char *sigv4;   /* CURLOPT_AWS_SIGV4's value, or NULL */
	bool loopback;       /* the service is on this machine: use no proxy */
};

/*
 * Make an HTTP client; the config is copied. libcurl starts with the first
 * exchange, which exits 74 if it cannot.
 * Free with http_free().
 */
struct http *http_new(const struct http_config *config);
void http_free(struct http *h);

/* Add a header line ("Name: value") to all requests. Copied. */
void http_add_header(struct http *h, const char *line);

/* Replace the header line of that name, for a key that has changed. Exchanges under way keep
 * theirs. */
void http_set_header(struct http *h, const char *line);

/* Use another "user:password" from now on. */
void http_set_userpwd(struct http *h, const char *userpwd);

struct http_request {
	const char *method, *url;
	struct span body;   /* p NULL: none. Copied */
	const char *header; /* more header lines, separated by newlines; NULL: none */
	bool anonymous;     /* for another host: without the common headers and the key */
	int64_t timeout;    /* limit for the whole exchange, microseconds; 0: none */
	const struct http_stream *stream; /* or NULL */
};

/* How an exchange ended. */
enum http_end {
	HTTP_ANSWERED,  /* a whole response, or at least a status that says the request failed */
	HTTP_UNSENT,    /* the request cannot have been acted on */
	HTTP_LOST,      /* it was sent, and no HTTP response came: it may have been acted on */
	HTTP_TOO_LARGE, /* the response is too large; the request may have been acted on */
	HTTP_UNTRUSTED, /* the peer or a redirect cannot be trusted, or the URL is not valid:
			   nothing was sent */
	HTTP_STOPPED,   /* ended by a callback of its stream or by http_cancel() */
};

struct http_response {
	enum http_end end;
	int status;      /* 0: there was none */
	const char *why; /* unless HTTP_ANSWERED: what happened, static */
	const char *url; /* of a stream, from its first byte on: where it comes from, after
			    redirects; else NULL */
	struct buf head, body;
	int64_t began, ended; /* monotonic */
};

/*
 * What to do with a response's body: give it to take(), hold it in the
 * response as without a stream, or not read it.
 */
enum stream_body { STREAM_TAKE, STREAM_HOLD, STREAM_STOP };

/*
 * A body that is transferred piece by piece and never held: a download, an
 * upload, or both. Where a callback is NULL, that side works as without a
 * stream. No compression is requested, and connections are not shared
 * (HTTP/1.1). Borrowed, with all it points to, until the response has come.
 */
struct http_stream {
	void *arg; /* for the callbacks, which may call no http function but http_header() */

	/*
	 * Called once, before the first byte of the body of the last response
	 * (after all redirects), when status and headers are there. Not called
	 * for a response without a body.
	 */
	enum stream_body (*head)(void *arg, const struct http_response *r);

	/* Take the next bytes of the response. Return false to end the exchange. */
	bool (*take)(void *arg, const char *p, size_t n);

	/*
	 * Put up to n bytes of the request's body from byte `at` into p.
	 * Return their number; -1, or 0 before size, ends the exchange. May be
	 * asked for an earlier byte again if the request must be sent again.
	 */
	ssize_t (*give)(void *arg, int64_t at, char *p, size_t n);
	int64_t size; /* of the request's body: its Content-Length */

	const char *const *headers; /* lines "Name: value", NULL after the last; or NULL */
	const char *sigv4,
		*userpwd; /* as in http_config, for an anonymous request that is signed; or NULL */
	/*
	 * Called with the response, which then does not come from http_next():
	 * for transfers that are not a service's. May not call http_send().
	 * May be NULL.
	 */
	void (*done)(void *arg, const struct http_response *r);

	int64_t stall; /* end the exchange if no byte moves for this long, microseconds; 0: never */
	bool follow;   /* follow at most HTTP_REDIRECTS redirects, to http and https, from https to
			  https only */
	bool as_is;    /* do not resolve the "." and ".." of the URL's path */
};
enum { HTTP_REDIRECTS = 5 };

/* Limit the bytes a second of all streams together; 0: no limit. */
void http_limit(struct http *h, int64_t rate);

/* End the exchanges that were started with user: each comes from http_next() as HTTP_STOPPED. */
void http_cancel(struct http *h, const void *user);

/* Start an exchange; http_next() returns user with its response. */
void http_send(struct http *h, const struct http_request *q, void *user);

/*
 * Return a response that has come, or NULL. Borrowed until the next call of
 * http_next() or http_send().
 */
struct http_response *http_next(struct http *h, void **user);

/*
 * Advance all exchanges, and sleep until one has ended, an fd has an event, or
 * `until` (monotonic).
 */
void http_wait(struct http *h, struct pollfd *fds, nfds_t n, int64_t until);

/* End all exchanges now: each comes from http_next() as HTTP_LOST or HTTP_UNSENT. */
void http_abort(struct http *h);

/* Return the value of the last header of that name, or an empty span. */
struct span http_header(const struct http_response *r, const char *name);

/*
 * Get the value of the next header of that name from *at on, which begins at
 * 0. Return false if there are no more.
 */
bool http_header_next(const struct http_response *r, const char *name, size_t *at,
		      struct span *value);

/* Return "libcurl/7.88.1 OpenSSL/3.0.19 ..." */
const char *http_version(void);

/* Append s percent-encoded as one path segment or query value (RFC 3986: all but unreserved). */
void http_escape(struct buf *b, struct span s);

/* Do the same for a path: slashes stay. */
void http_escape_path(struct buf *b, struct span s);

/* Return the byte of the percent-encoding ("%2F", three characters) that p begins with, or -1. */
int http_unescape(const char *p, const char *end);

/* Append s percent-decoded; %00 stays, as no text has that byte. */
void http_unescape_text(struct buf *b, struct span s);

/*
 * Return NULL if this is "http://" or "https://" with a host and without user,
 * query or fragment, else what is wrong (static).
 */
const char *http_url_problem(const char *url);

/* Return "https://host:port" of a URL, to name it without its secrets. */
struct span http_origin(const char *url);

/* Return true if the URL's host is localhost, 127.0.0.0/8 or [::1]. */
bool http_url_loopback(const char *url);

/* Return true if the text begins with a scheme and "://". */
bool url_has_scheme(const char *text);

/*
 * Return the URL that a reference, such as a Location, means relative to base
 * (RFC 3986 section 5), if it is http or https, else NULL. The caller frees it.
 */
char *http_url_join(const char *base, struct span reference);

#endif
