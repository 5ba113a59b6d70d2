/* Where the service would put an output in a bucket. */
#ifndef SERVE_TRANSCODELYPATH_H
#define SERVE_TRANSCODELYPATH_H

#include "buf.h"
#include "job.h"

/* Appends the object's name: the request's templates filled in, else JOB/N.TYPE. */
void transcodely_path(struct buf *out, const struct job *j, const struct output *o);

#endif
