/* What one output needs, in ffmpeg's terms: read from the request of either service. */
#ifndef TC_SERVE_ENCODE_PLAN_H
#define TC_SERVE_ENCODE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "encode/media.h"
#include "store/job.h"

/* ffprobe's result for a file. */
struct probe {
	double seconds; /* 0 if unknown */
	int width, height;
	bool video, audio;
	int subtitles; /* streams; negative if unknown */
};

struct plan_input {
	char *url;           /* as in the request; owned */
	struct span options; /* FFmpeg Micro's per-input options; borrowed from the job */
	struct source source;
	struct probe probe;
};

struct rendition {
	const char *codec; /* h264 h265 vp9 av1, or NULL: what the type implies */
	int width, height; /* 0: the source's, or in proportion to the other */
	int crf;
	int kbps;         /* 0: by crf */
	int fps;          /* 0: as the source */
	const char *rate; /* a ceiling for adaptive streams */
};

struct plan {
	char *type; /* mp4, hls, ...; owned */
	struct plan_input *in;
	size_t nin;
	struct rendition *rendition;
	size_t n;
	bool silent;      /* no sound, even if the source has it */
	bool speech;      /* captions from speech, which are not supported */
	int subtitle;     /* index of the source's subtitle stream */
	double from, to;  /* seconds; to 0: until the end */
	struct buf graph; /* FFmpeg Micro's composition filters; empty: none */
	struct span
		options; /* FFmpeg Micro's output options; the preset is ignored if there are any */
};

/* Return the plan of output n, which borrows from the job. Free with plan_free(). */
struct plan plan_make(const struct job *j, int n);
void plan_free(struct plan *p);

/* Return the codec of a captions type (vtt, srt, ttml, ass), or NULL. */
const char *plan_captions(const char *type);

/* Return false, and append to *why, if the clip is outside the source. */
bool plan_clip_ok(const struct plan *p, struct buf *why);

/*
 * Resolve the source of each input. Return false, and append to *why, if one
 * cannot be read here.
 */
bool plan_sources(struct plan *p, const struct media *m, const char *dir, struct buf *why);

/* Write a probe as JSON; read our JSON, or ffprobe's. */
void probe_json(struct buf *out, const struct probe *p);
void probe_read(struct probe *p, struct span json);
bool probe_from_ffprobe(struct probe *p, struct span json);

#endif
