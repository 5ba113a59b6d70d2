/* Writes Transcodely's video object. */
#ifndef TC_SERVE_API_VIDEO_OBJECT_H
#define TC_SERVE_API_VIDEO_OBJECT_H

#include "base/buf.h"

struct call;
struct video;

/* Append the video; once it has a job, its status and results are the job's. */
void video_write(const struct call *c, struct buf *out, const struct video *v);

#endif
