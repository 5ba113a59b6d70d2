/* The Connect protocol (connectrpc.com) with Transcodely's JSON: snake_case out, camelCase taken too. */
#ifndef SERVE_CONNECT_H
#define SERVE_CONNECT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct call;

/* {"code","message","details":[]} and the Error-Code header. */
void connect_error(struct call *c, int status, const char *code, const char *domain, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* 400 invalid_argument, validation_error, with the violation of one field in details. */
void connect_invalid(struct call *c, const char *field, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * Member `name` (snake_case) or its camelCase form; null counts as not there.
 * 1 found, 0 not there, -1 there twice.
 */
int connect_get(struct span object, const char *name, struct span *value);

/* The string at name as owned text; NULL if it is not there, no string, or empty. */
char *connect_text(struct span object, const char *name);

/*
 * An enum: the word without prefix, in lower case, if it is one of list (NULL
 * at its end), else NULL: names that are not known are dropped, as the service
 * does. prefix: "JOB_PRIORITY_".
 */
const char *connect_enum(struct span value, const char *prefix, const char *const *list);

/* Ends an answer: & becomes \u0026, as the service writes it. */
void connect_done(struct call *c);

#endif
