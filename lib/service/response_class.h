/* What class of response this is: a pure function of the profile, the status and the body. */
#ifndef TC_SERVICE_RESPONSE_CLASS_H
#define TC_SERVICE_RESPONSE_CLASS_H

#include <stdbool.h>

#include "flow/failure.h"
#include "service/error_body.h"

/* Of a response that is no success. */
enum response_class {
	RESPONSE_QUOTA,        /* the account's quota is exhausted */
	RESPONSE_UNAUTHORIZED, /* the secret was refused */
	RESPONSE_QUEUE_FULL,   /* the service runs as many of our jobs as it may */
	RESPONSE_THROTTLED,    /* too many requests */
	RESPONSE_TRANSIENT,    /* trying again later can help */
	RESPONSE_REJECTED,     /* the request itself was refused */
};

/*
 * Return the class of a response with this error body. Codes decide before the
 * status, in the order in which the body has them: a header's first.
 */
enum response_class response_classify(const struct profile *p, const struct http_response *r,
				      const struct error_body *body);

/* Return whether a body says, at /errors/when, that the call failed, whatever its status. */
bool response_says_failed(const struct profile *p, struct span doc);

/* Return whether a create that got this status may have made a job all the same. */
bool response_may_have_acted(int status);

/* Set *e for a response of this class: its code, its message, what the service calls it. */
void response_describe(struct failure *e, enum response_class class, const struct http_response *r,
		       const struct error_body *body);

#endif
