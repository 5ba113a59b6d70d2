/*
 * The service's limits: "too many requests", RateLimit headers, delays. No wait
 * is longer than --max-wait, and each is reported.
 */
#ifndef TC_SERVICE_THROTTLE_H
#define TC_SERVICE_THROTTLE_H

#include "service/service.h"

/* Return the delay that a response asks for, in microseconds, or -1. */
int64_t throttle_asked(const struct service *s, const struct http_response *r);

/* Pass RateLimit and RateLimit-Policy on to the pace. */
void throttle_note_limits(struct service *s, const struct http_response *r);

/*
 * Pause the whole run: the service throttled a request, or is unavailable.
 * Return NULL, or why the run must stop (static).
 */
const char *throttle_pause(struct service *s, const struct http_response *r, int64_t asked,
			   bool throttled);

/* For flow.held: report why the next request waits, or stop the run if that takes longer than
 * --max-wait. */
void throttle_held(struct flow *f, int64_t at);

#endif
