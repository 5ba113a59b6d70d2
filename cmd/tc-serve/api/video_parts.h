/* The parts of a video's multipart upload: each is a file until they are joined. */
#ifndef TC_SERVE_API_VIDEO_PARTS_H
#define TC_SERVE_API_VIDEO_PARTS_H

#include <stdbool.h>

struct call;
struct video;

/* Begin PUT /part/VIDEO/N once its headers are there: refuse it, or take its bytes. */
void video_part_begin(struct call *c);

/* Write the parts, in order, to the video's file. Return false if one cannot be read or written. */
bool video_parts_join(const struct call *c, const struct video *v);

/* Delete the files of the parts. */
void video_parts_drop(const struct call *c, const struct video *v);

#endif
