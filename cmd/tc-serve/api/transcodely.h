/* The Transcodely API: POST /transcodely.v1.JobService/<Method>. */
#ifndef TC_SERVE_API_TRANSCODELY_H
#define TC_SERVE_API_TRANSCODELY_H

#include <stdbool.h>

#include "base/buf.h"
#include "store/job.h"

struct call;

/* Respond to a /transcodely. call with a valid key. */
void transcodely_call(struct call *c);

/* Respond to HealthService/Check, which needs no key. Return false for any other call. */
bool transcodely_health(struct call *c);

/* Handle JobService/Create and List; the request is as connect_request() has read it. */
void transcodely_create(struct call *c, struct span request);
void transcodely_list(struct call *c, struct span request);

/*
 * Make and start the job of a valid request, from that source. Return false,
 * with an error response, if there is no room.
 */
bool transcodely_start(struct call *c, struct span request, const char *from, struct job *j);

/* Respond with {"job": ...}. */
void transcodely_reply(struct call *c, const struct job *j, bool signed_urls);

/* Append the job, or one of its outputs. signed_urls: Get has them, List does not. */
void transcodely_job(const struct call *c, struct buf *out, const struct job *j, bool signed_urls);
void transcodely_output(const struct call *c, struct buf *out, const struct job *j,
			const struct output *o, bool signed_urls);

/* Add a time as protobuf writes it; nothing for 0. */
void transcodely_time(struct buf *out, const char *name, int64_t wall);

#endif
