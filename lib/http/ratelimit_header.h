/*
 * RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers): the
 * limits that a service announces. Lists of Structured Fields (RFC 9651); a
 * malformed field is ignored.
 */
#ifndef TC_HTTP_RATELIMIT_HEADER_H
#define TC_HTTP_RATELIMIT_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * Get the remaining requests and when they are renewed (microseconds) from
 * "default";r=50;t=30; of several, the one with the least left. Return false if
 * no member has both.
 */
bool ratelimit_left(struct span field, int64_t *left, int64_t *reset);

/*
 * Get rate and burst, in requests, from "burst";q=100;w=60; of several, the
 * slowest. Return false if no member has a window.
 */
bool ratelimit_policy(struct span field, double *rate, double *burst);

#endif
