/*
 * What a service says of its limits, and what that means for a run: "too
 * many", RateLimit, a delay. No wait is longer than --max-wait, nor silent.
 */
#ifndef TC_SERVICE_THROTTLE_H
#define TC_SERVICE_THROTTLE_H

#include "service/service.h"

/* The delay that a reply asks for, -1 if it does not. */
int64_t throttle_asked(const struct service *s, const struct http_response *r);

/* Takes note of RateLimit and RateLimit-Policy. */
void throttle_note_limits(struct service *s, const struct http_response *r);

/*
 * Everybody waits: the service refused a request with "too many", or is not
 * there for now. NULL, or why nothing more is to be sent.
 */
const char *throttle_pause(struct service *s, const struct http_response *r, int64_t asked, bool throttled);

/* flow.held: says why the next request waits, or stops the run where that takes longer than --max-wait. */
void throttle_held(struct flow *f, int64_t at);

#endif
