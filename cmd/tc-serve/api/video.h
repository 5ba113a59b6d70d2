/* Transcodely's VideoService: uploads that become videos, each by a job that it makes itself. */
#ifndef TC_SERVE_API_VIDEO_H
#define TC_SERVE_API_VIDEO_H

#include <stdbool.h>

#include "base/buf.h"

struct call;
struct video;

/*
 * Find the video that a request names. Return false, with an error response, if
 * it does not exist or its upload is another. The caller frees it.
 */
bool video_find(struct call *c, struct span request, struct video *v);

/* Respond with {"video": ...}. */
void video_reply(struct call *c, const struct video *v);

void video_create(struct call *c, struct span request);
void video_create_parts(struct call *c, struct span request);
void video_part_urls(struct call *c, struct span request);
void video_complete(struct call *c, struct span request);
void video_complete_parts(struct call *c, struct span request);
void video_abort(struct call *c, struct span request);
void video_get(struct call *c, struct span request);

/* video_list.c */
void video_list(struct call *c, struct span request);

/* video_change.c */
void video_update(struct call *c, struct span request);
void video_delete(struct call *c, struct span request);

#endif
