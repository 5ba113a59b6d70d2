/* The Transcodely API: POST /transcodely.v1.JobService/<Method>. */
#ifndef TC_SERVE_API_TRANSCODELY_H
#define TC_SERVE_API_TRANSCODELY_H

#include <stdbool.h>

#include "base/buf.h"
#include "store/job.h"

struct call;

/* Answers any /transcodely. call whose key is good. */
void transcodely_call(struct call *c);

/* HealthService/Check: true, and answered, if that is what is called. It needs no key. */
bool transcodely_health(struct call *c);

/* JobService/Create and List; the request has been read. */
void transcodely_create(struct call *c, struct span request);
void transcodely_list(struct call *c, struct span request);

/* Answers with {"job": ...}. */
void transcodely_reply(struct call *c, const struct job *j, bool signed_urls);

/* Appends the job, or one output of it; signed_urls as Get gives them and List does not. */
void transcodely_job(const struct call *c, struct buf *out, const struct job *j, bool signed_urls);
void transcodely_output(const struct call *c, struct buf *out, const struct job *j, const struct output *o,
	bool signed_urls);

/* Adds a time as protobuf writes it; nothing for 0. */
void transcodely_time(struct buf *out, const char *name, int64_t wall);

#endif
