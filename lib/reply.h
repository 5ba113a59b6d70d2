/*
 * What a service's reply means for the item that asked: an answer for the
 * tool, another try, a pause for all, or the end of the run.
 */
#ifndef TC_REPLY_H
#define TC_REPLY_H

#include "service.h"

/* What travels with a request and comes back with its reply. */
struct sent {
	struct step *step;
	bool unsafe, anonymous;
};

/* Judges a reply: hands an answer to the service's tool, or puts the item off, or stops the flow. */
void reply_judge(struct service *s, const struct sent *sent, const struct http_reply *r);

/* Stops the run: says why, once, whatever the number of lines; of a refused key, where it came from. */
void reply_refuse(struct service *s, int status, const struct failure *e, const char *hint);

#endif
