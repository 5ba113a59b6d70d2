/* ffmpeg's options for each type of output. */
#ifndef TC_SERVE_ENCODE_CODEC_H
#define TC_SERVE_ENCODE_CODEC_H

#include "encode/ffmpeg.h"
#include "encode/plan.h"

struct type {
	const char *name;
	const char *video;     /* default codec; NULL: no video */
	const char *audio;     /* options of the audio codec; NULL: no audio */
	const char *container; /* options of the muxer */
};

/* Return the type of this name, or NULL. */
const struct type *codec_type(const char *name);

/* Add the video codec of a rendition. stream: its index among several, -1 if it is the only one. */
void codec_video(struct strings *w, const struct type *type, const struct rendition *r, int stream);

#endif
