/* The responses of the FFmpeg Micro API. */
#ifndef TC_SERVE_API_MICRO_RESPONSE_H
#define TC_SERVE_API_MICRO_RESPONSE_H

#include "base/buf.h"
#include "store/job.h"

struct call;

/* Respond with {"error": error, "details": ...}; details may be NULL. */
void micro_error(struct call *c, int status, const char *error, const char *details, ...)
	__attribute__((format(printf, 4, 5)));

/* Return the job's status in this service's words; it has no word for probing. */
const char *micro_status(const struct job *j);

/* Append the job object. */
void micro_job(struct buf *out, const struct job *j);

#endif
