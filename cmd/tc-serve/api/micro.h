/* The FFmpeg Micro API: /v1/... REST with JSON. */
#ifndef TC_SERVE_API_MICRO_H
#define TC_SERVE_API_MICRO_H

#include "base/buf.h"
#include "store/job.h"

struct call;

/* Answers any /v1/ call whose key is good. */
void micro_call(struct call *c);

/* {"error": error, "details": ...}; details may be NULL. */
void micro_error(struct call *c, int status, const char *error, const char *details, ...)
	__attribute__((format(printf, 4, 5)));

/* POST /v1/transcodes. */
void micro_create(struct call *c, struct span body);

/* Appends the job object. */
void micro_job(struct buf *out, const struct job *j);

#endif
