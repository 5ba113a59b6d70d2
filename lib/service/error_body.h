/* The error in a response: its message, its codes, and what it says about single fields. */
#ifndef TC_SERVICE_ERROR_BODY_H
#define TC_SERVICE_ERROR_BODY_H

#include "http/http.h"
#include "service/profile.h"

enum { ERROR_CODES_MAX = 8 };

struct error_body {
	struct buf message;           /* may be empty; details of fields are at its end */
	char *codes[ERROR_CODES_MAX]; /* the header's first, then the body's */
	size_t n;
};

/* Read what the profile points at, and the details of Connect, google.rpc.BadRequest and
 * problem+json. */
void error_body_read(struct error_body *c, const struct profile *p, const struct http_response *r);
void error_body_free(struct error_body *c);

/*
 * Append "outputs[0].crf: must be ...; ..." for each field that the JSON text
 * doc reports as invalid, except for what is in `said` already.
 */
void error_fields(struct buf *out, struct span doc, struct span said);

#endif
