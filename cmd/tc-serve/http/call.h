/* One HTTP call: what was asked, and the answer being made. The rest of the server sees no libmicrohttpd. */
#ifndef TC_SERVE_HTTP_CALL_H
#define TC_SERVE_HTTP_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/fault.h"

struct MHD_Connection;
struct serve;
struct MHD_Response;

struct call;

/* A response without an end that is known in advance. data is owned; respond takes it over and returns NULL on failure. */
struct call_stream {
	void *data;
	struct MHD_Response *(*respond)(void *data);
	void (*free)(void *data);
};

typedef void call_refuse(struct call *c, int status, const char *code, const char *domain, const char *message);

struct call {
	struct serve *serve;
	struct MHD_Connection *conn;
	char *method, *path; /* path is decoded */
	struct buf body;
	bool keeps_body;     /* a call of an API, with a key that is good */
	bool too_big;        /* the body went over its limit */
	/* an upload's body goes to a file as it arrives */
	int put_fd;          /* -1: none */
	int64_t put_size, put_max;
	char *put_name;

	int status;          /* 0: no answer yet */
	const char *type;    /* Content-Type */
	struct buf out;      /* body, unless file_fd */
	struct buf headers;  /* "Name: value\n" each */
	int file_fd;         /* -1: none; closed with the answer */
	int64_t file_at, file_size;
	char *request_id;    /* req_..., of a Connect call; NULL for others */
	bool stream;         /* a Connect stream: errors come in frames */
	struct call_stream body_stream; /* the response is this stream, unless its data is NULL */
	call_refuse *refuse; /* answers with an error in the words of the service that was called */
	bool api;            /* counted, limited, spoilt */
	enum fault fault;
	bool held;           /* latency has been waited for */
	int64_t began;       /* clock_now() */
};

/* Query argument and request header; NULL if there is none. Borrowed. */
const char *call_arg(const struct call *c, const char *name);
const char *call_header(const struct call *c, const char *name);

/* Free the stream, if there is one: there will be another response. */
void call_drop_stream(struct call *c);

/* Sets the status of a JSON answer and gives the buffer for it. */
struct buf *call_json(struct call *c, int status);

/* Adds a header to the answer. */
void call_set(struct call *c, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* http://host:port as the client knows this server. Appended. */
void call_base(const struct call *c, struct buf *out);

/* The body as one checked JSON object; false and *why set if it is none. An empty body is {}. */
bool call_object(struct call *c, struct span *object, const char **why);

#endif
