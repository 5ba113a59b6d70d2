/* Resolves the URLs of an ended job's outputs, for tc-url to print and tc-get to fetch. */
#ifndef TC_SERVICE_RESOLVE_H
#define TC_SERVICE_RESOLVE_H

#include "service/service.h"

struct outputs {
	char **urls;    /* owned */
	int64_t *sizes; /* of each, in bytes; -1: unknown */
	size_t n;
	int64_t expires; /* wall time; NEVER: unknown */
};

/* Call the service for the job's outputs. */
void resolve_send(struct service *s, struct service_item *st, const char *id);

/*
 * FOUND: the outputs are ready. LATER: they are not, and the item was scheduled
 * to ask again. FAILED, and *e is set: the job has not ended, the response names
 * no output, or the outputs are not ready in time.
 */
enum resolved { RESOLVE_FOUND, RESOLVE_LATER, RESOLVE_FAILED };

/* Read the outputs from a result, which is CALL_OK. Caller frees *o if they are found. */
enum resolved resolve_read(struct service *s, struct service_item *st, const struct call_result *a,
			   struct outputs *o, struct failure *e);

/* Return whether it may have failed because of one odd response, which is to be asked for again: a
 * replica may lag behind, and a record that says that its job succeeded is right. */
bool resolve_is_odd(const struct failure *e, bool succeeded);

/* Append an output whose URL is known; takes ownership of url. */
void outputs_add(struct outputs *o, char *url);

/* Set *e: the job has not ended; word is its status or state. */
void resolve_too_early(struct failure *e, const char *word);

void outputs_free(struct outputs *o);

#endif
