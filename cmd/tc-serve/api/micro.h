/* The FFmpeg Micro API: /v1/..., REST with JSON. */
#ifndef TC_SERVE_API_MICRO_H
#define TC_SERVE_API_MICRO_H

#include "base/buf.h"
#include "store/job.h"

struct call;

/* Respond to a /v1/ call with a valid key. */
void micro_call(struct call *c);

/* Respond with {"error": error, "details": ...}; details may be NULL. */
void micro_error(struct call *c, int status, const char *error, const char *details, ...)
	__attribute__((format(printf, 4, 5)));

/* POST /v1/transcodes. */
void micro_create(struct call *c, struct span body);

/* Append the job object. */
void micro_job(struct buf *out, const struct job *j);

#endif
