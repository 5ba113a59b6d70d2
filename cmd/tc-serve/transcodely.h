/* The Transcodely API: POST /transcodely.v1.JobService/<Method>. */
#ifndef SERVE_TRANSCODELY_H
#define SERVE_TRANSCODELY_H

#include <stdbool.h>

#include "buf.h"
#include "job.h"

struct call;

/* Answers any /transcodely. call whose key is good. */
void transcodely_call(struct call *c);

/* JobService/Create. */
void transcodely_create(struct call *c, struct span body);

/* Answers with {"job": ...}. */
void transcodely_reply(struct call *c, const struct job *j, bool signed_urls);

/* Appends the job object; signed_urls as Get gives them and List does not. */
void transcodely_job(const struct call *c, struct buf *out, const struct job *j, bool signed_urls);

#endif
