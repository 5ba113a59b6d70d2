/*
 * RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers): what
 * a service says of its limits before it has to refuse anything. Lists of
 * Structured Fields (RFC 9651); a field that is malformed is as good as absent.
 */
#ifndef TC_HTTP_RATELIMIT_HEADER_H
#define TC_HTTP_RATELIMIT_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* "default";r=50;t=30: of several the one with the least left. False if there is none, or none says until when. */
bool ratelimit_left(struct span field, int64_t *left, int64_t *reset);

/* "burst";q=100;w=60: of several the slowest, in requests. False if there is none with a window. */
bool ratelimit_policy(struct span field, double *rate, double *burst);

#endif
