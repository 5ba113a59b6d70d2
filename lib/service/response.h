/*
 * What a service's reply means for the item that asked: an answer for the
 * tool, another try, a pause for all, or the end of the run.
 */
#ifndef TC_SERVICE_RESPONSE_H
#define TC_SERVICE_RESPONSE_H

#include "service/service.h"

/* What travels with a request and comes back with its reply. */
struct pending_call {
	struct service_item *step;
	bool unsafe, question, unread;
	const struct numbers *final; /* statuses that are an answer, or NULL */
	const char *url;             /* of a file of another host, borrowed from the item; NULL: a call of the service's */
};

/* Judges a reply: hands an answer to the service's tool, or puts the item off, or stops the flow. */
void response_handle(struct service *s, const struct pending_call *sent, const struct http_response *r);

/* Stops the run: says why, once, whatever the number of lines; of a refused key, where it came from. */
void reply_refuse(struct service *s, int status, const struct failure *e, const char *hint);

/* The same for a file of another host: what it says tells nothing of the key, the pace or the service. */
void reply_file(struct service *s, const struct pending_call *sent, const struct http_response *r);

/* Tries again after a backoff, if tries are left; true if so. asked: the delay that was asked for, or -1. */
bool reply_try_again(struct service *s, struct service_item *st, int64_t asked);

/* Hands an answer to the service's tool. */
void reply_hand_over(struct service *s, struct service_item *st, enum answer_kind kind, struct span doc, struct failure *e,
		     int status);

#endif
