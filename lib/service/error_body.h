/* What a service's refusal says of itself: its words, its codes, and what it says of single fields. */
#ifndef TC_SERVICE_ERROR_BODY_H
#define TC_SERVICE_ERROR_BODY_H

#include "http/http.h"
#include "service/profile.h"

enum { ERROR_CODES_MAX = 8 };

struct error_body {
	struct buf message;           /* empty: it has none. Details of fields stand at its end */
	char *codes[ERROR_CODES_MAX]; /* the header's first, then the body's */
	size_t n;
};

/* Reads what the profile points at, and the details of Connect, google.rpc.BadRequest and problem+json. */
void error_body_read(struct error_body *c, const struct profile *p, const struct http_response *r);
void error_body_free(struct error_body *c);

/*
 * Appends "outputs[0].crf: must be ...; ..." for each field that the JSON text
 * doc complains of; what `said` holds already is left out.
 */
void error_fields(struct buf *out, struct span doc, struct span said);

#endif
