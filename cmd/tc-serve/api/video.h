/* Transcodely's VideoService: uploads that become videos, each by a job that it makes itself. */
#ifndef TC_SERVE_API_VIDEO_H
#define TC_SERVE_API_VIDEO_H

#include "base/buf.h"

struct call;

void video_create(struct call *c, struct span request);
void video_create_parts(struct call *c, struct span request);
void video_part_urls(struct call *c, struct span request);
void video_complete(struct call *c, struct span request);
void video_complete_parts(struct call *c, struct span request);
void video_abort(struct call *c, struct span request);
void video_get(struct call *c, struct span request);

#endif
