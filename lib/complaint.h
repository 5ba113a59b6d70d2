/* What a service's refusal says of itself: its words, its codes, and what it says of single fields. */
#ifndef TC_COMPLAINT_H
#define TC_COMPLAINT_H

#include "http.h"
#include "profile.h"

enum { COMPLAINT_CODES = 8 };

struct complaint {
	struct buf message;           /* empty: it has none. Details of fields stand at its end */
	char *codes[COMPLAINT_CODES]; /* the header's first, then the body's */
	size_t n;
};

/* Reads what the profile points at, and the details of Connect, google.rpc.BadRequest and problem+json. */
void complaint_read(struct complaint *c, const struct profile *p, const struct http_reply *r);
void complaint_free(struct complaint *c);

/*
 * Appends "outputs[0].crf: must be ...; ..." for each field that the JSON text
 * doc complains of; what `said` holds already is left out.
 */
void complaint_fields(struct buf *out, struct span doc, struct span said);

#endif
