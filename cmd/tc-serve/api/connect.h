/* The Connect protocol (connectrpc.com) with Transcodely's JSON. */
#ifndef TC_SERVE_API_CONNECT_H
#define TC_SERVE_API_CONNECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct call;
struct proto_message;
struct violations;

/* Gives the call its X-Request-Id, if it is one of this protocol's. */
void connect_begin(struct call *c);

/*
 * {"code","message","details"} and the Error-Code header: details suspended one
 * transcodely.v1.ErrorDetails, as base64 and in the clear. On a stream that
 * was accepted it is the message that ends it, and the status is 200.
 */
void connect_error(struct call *c, int status, const char *code, const char *domain, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* 400 invalid_argument, validation_error, with the violation of one field in details. */
void connect_invalid(struct call *c, const char *field, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same for a list of them, which must not be empty. */
void connect_violations(struct call *c, const struct violations *l);

/*
 * Reads the request as that message into out; false, and answered, if it
 * cannot be had: wrong content type, not JSON, against the rules.
 */
bool connect_request(struct call *c, const struct proto_message *m, struct buf *out);

/*
 * Member `name` (snake_case) or its camelCase form; null counts as not there.
 * 1 found, 0 not there, -1 there twice.
 */
int connect_get(struct span object, const char *name, struct span *value);

/* The string at name as owned text; NULL if it is not there, no string, or empty. */
char *connect_text(struct span object, const char *name);

/* Answers 200 with a message: members by name, as the service writes it. */
void connect_reply(struct call *c, struct span message);

/* Appends a frame of a stream: flags, length, content. */
void connect_frame(struct buf *out, unsigned char flags, struct span content);

/* The flag of the frame that ends a stream. */
#define CONNECT_END 2

#endif
