/* The FFmpeg Micro API: /v1/..., REST with JSON. */
#ifndef TC_SERVE_API_MICRO_H
#define TC_SERVE_API_MICRO_H

#include "base/buf.h"

struct call;

/* Respond to a /v1/ call with a valid key. */
void micro_call(struct call *c);

/* POST /v1/transcodes. */
void micro_create(struct call *c, struct span body);

#endif
