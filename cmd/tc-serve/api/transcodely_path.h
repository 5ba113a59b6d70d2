/* Where the service would put an output in a bucket. */
#ifndef TC_SERVE_API_TRANSCODELY_PATH_H
#define TC_SERVE_API_TRANSCODELY_PATH_H

#include "base/buf.h"
#include "store/job.h"

/* Append the object's name: the request's templates filled in, else JOB/N.TYPE. */
void transcodely_path(struct buf *out, const struct job *j, const struct output *o);

#endif
