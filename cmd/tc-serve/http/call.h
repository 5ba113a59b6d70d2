/* One HTTP call: the request, and the response being built. Hides libmicrohttpd from api/. */
#ifndef TC_SERVE_HTTP_CALL_H
#define TC_SERVE_HTTP_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/chunks.h"
#include "http/fault.h"

struct MHD_Connection;
struct draft;
struct serve;
struct MHD_Response;

struct call;

/*
 * A response whose length is not known in advance. data is owned; respond takes
 * it over and returns NULL on failure.
 */
struct call_stream {
	void *data;
	struct MHD_Response *(*respond)(void *data);
	void (*free)(void *data);
};

typedef void call_refuse(struct call *c, int status, const char *code, const char *domain,
			 const char *message);

struct call {
	struct serve *serve;
	struct MHD_Connection *conn;
	char *method, *path; /* path is decoded */
	struct buf body;
	bool keeps_body; /* a call of an API with a valid key */
	bool too_big;    /* the body went over its limit */
	/* an upload's body is written to a file as it arrives */
	int put_fd; /* -1: none */
	int64_t put_size, put_max;
	char *put_name; /* unlinked with the call; NULL: it stays */
	struct hash *put_hash;
	bool put_chunked; /* it is aws-chunked */
	struct chunks put_chunks;
	void (*put_end)(struct call *c);
	enum fault put_fault; /* the fault that its body gets */
	bool put_reset;       /* its connection is to be closed */

	int status;         /* 0: no response yet */
	const char *type;   /* Content-Type */
	struct buf out;     /* body, unless file_fd */
	struct buf headers; /* "Name: value\n" each */
	int file_fd;        /* -1: none; closed with the response */
	int64_t file_at, file_size;
	char *file_etag;                /* ETag in quotes; NULL: made from size and time */
	enum fault file_fault;          /* the fault that it gets while it is sent */
	unsigned char file_other;       /* XORed with each byte of the file: another version */
	char *request_id;               /* req_..., of a Connect call; NULL for others */
	bool stream;                    /* a Connect stream: errors come in frames */
	struct call_stream body_stream; /* the response is this stream, unless its data is NULL */
	call_refuse *refuse;            /* responds with an error in the called service's format */
	bool api;                       /* counted, rate limited, subject to --fault */
	enum fault fault;
	bool routed;         /* it has been carried out, or there is a draft */
	struct draft *draft; /* of the job that it makes, until its sources are known: probing.h */
	bool held;           /* --latency has passed */
	int64_t began;       /* clock_now() */
};

/* Return a query argument or a request header, borrowed, or NULL. */
const char *call_arg(const struct call *c, const char *name);
const char *call_header(const struct call *c, const char *name);

/* Call each with every query argument, decoded; the value is "" if it has none. */
void call_each_arg(const struct call *c,
		   void (*each)(void *ctx, const char *name, const char *value), void *ctx);

/* Free the stream, if there is one: there will be another response. */
void call_drop_stream(struct call *c);

/* Set the status of a JSON response and return the buffer for its body. */
struct buf *call_json(struct call *c, int status);

/* Respond {"error":"..."} with this status. */
void call_error(struct call *c, int status, const char *why);

/* Return true if expires and sig of the call's query permit this method on its path (sign.h). */
bool call_permitted(struct call *c, const char *method);

/* Add a header to the response. */
void call_set(struct call *c, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Append http://host:port as the client knows this server. */
void call_base(const struct call *c, struct buf *out);

/*
 * Set *object to the body, a valid JSON object; an empty body counts as {}.
 * Return false with *why otherwise.
 */
bool call_object(struct call *c, struct span *object, const char **why);

#endif
