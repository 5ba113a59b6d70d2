/* The Connect protocol (connectrpc.com) with Transcodely's JSON. */
#ifndef TC_SERVE_API_CONNECT_H
#define TC_SERVE_API_CONNECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct call;
struct proto_message;
struct violations;

/* Give the call an X-Request-Id if it belongs to this protocol. */
void connect_begin(struct call *c);

/*
 * Respond with {"code","message","details"} and the Error-Code header. details
 * holds one transcodely.v1.ErrorDetails, in base64 and as JSON. On a stream that
 * was accepted, this is the last message and the status is 200.
 */
void connect_error(struct call *c, int status, const char *code, const char *domain,
		   const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/*
 * Respond with 400 invalid_argument, validation_error, and the violation of one
 * field in details.
 */
void connect_invalid(struct call *c, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a list of violations, which must not be empty. */
void connect_violations(struct call *c, const struct violations *l);

/*
 * Read the request as this message into out. Return false, with an error response,
 * if the content type is wrong, it is not JSON, or it breaks the rules.
 */
bool connect_request(struct call *c, const struct proto_message *m, struct buf *out);

/*
 * Return the string at name, which the caller frees, or NULL if it is missing,
 * empty or not a string.
 */
char *connect_text(struct span object, const char *name);

/* Respond with 200 and a message, its members sorted by name as the service does. */
void connect_reply(struct call *c, struct span message);

/* Append a frame of a stream: flags, length, content. */
void connect_frame(struct buf *out, unsigned char flags, struct span content);

/* The flag of the last frame of a stream. */
#define CONNECT_END 2

#endif
