/*
 * What follows from a response: a result for the tool, another try, a pause
 * for the whole run, or its end. For the files of lib/service alone.
 */
#ifndef TC_SERVICE_RESPONSE_H
#define TC_SERVICE_RESPONSE_H

#include "service/service.h"

/* What travels with a request and comes back with its response. */
struct pending_call {
	struct service_item *item;
	bool unsafe, question, may_be_empty, may_be_text; /* as in struct call_request */
	const struct numbers *final;
	const char *id_header;
	const char *url;
	unsigned secret_age; /* of the key that went with it */
};

/* Deliver the response's result to the tool, or put the item off, or stop the run. */
void response_handle(struct service *s, const struct pending_call *c,
		     const struct http_response *r);

/* Do the same for a file of another host, whose response says nothing about our secret, the pace or
 * the service. */
void response_of_file(struct service *s, const struct pending_call *c,
		      const struct http_response *r);

/* Deliver a call that failed or was lost (kind). */
void response_deliver(struct service *s, struct service_item *it, enum call_kind kind,
		      struct failure *e, int status);

/*
 * Put the item off for a backoff and return true, if it has retries left.
 * asked: the delay that the response asked for, or -1.
 */
bool response_retry(struct service *s, struct service_item *it, int64_t asked);

/* Stop the run with this exit status. Reports e and the hint once; for EXIT_REFUSED also where the
 * secret came from. */
void response_stop_run(struct service *s, int status, const struct failure *e, const char *hint);

#endif
