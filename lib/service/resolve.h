/* Where the outputs of an ended job are, as the service says: for tc-url to print and tc-get to fetch. */
#ifndef TC_SERVICE_RESOLVE_H
#define TC_SERVICE_RESOLVE_H

#include "service/service.h"

struct outputs {
	char **urls;    /* owned */
	int64_t *sizes; /* of each in bytes, -1: the service does not say */
	size_t n;
	int64_t expires; /* wall time; NEVER: not known to end */
};

/* Asks for them. */
void resolve_send(struct service *s, struct service_item *st, const char *id);

/*
 * FOUND: they are there. LATER: they are not ready, and the item was scheduled
 * to ask again. FAILED, with the failure set: the job has not ended, the reply
 * names no output, or what it names is not ready after a while.
 */
enum resolved { RESOLVE_FOUND, RESOLVE_LATER, RESOLVE_FAILED };

/* Reads them out of the answer, which is an CALL_OK. */
enum resolved resolve_read(struct service *s, struct service_item *st, const struct call_result *a, struct outputs *o,
			   struct failure *e);

/* Adds one whose address is known already; url is taken over. */
void outputs_add(struct outputs *o, char *url);

/* Why a job that has not ended has none; word: the status or state it has. */
void resolve_too_early(struct failure *e, const char *word);

void outputs_free(struct outputs *o);

#endif
