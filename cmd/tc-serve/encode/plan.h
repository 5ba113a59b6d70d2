/* What one output asks for, in terms of ffmpeg: read from the request of either service. */
#ifndef TC_SERVE_ENCODE_PLAN_H
#define TC_SERVE_ENCODE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "store/job.h"
#include "encode/media.h"

/* What ffprobe says of a file. */
struct probe {
	double seconds; /* 0 if it does not say */
	int width, height;
	bool video, audio;
};

struct plan_input {
	char *url;           /* as in the request; owned */
	struct span options; /* FFmpeg Micro's per-input options; borrowed from the job */
	struct source source;
	struct probe probe;
};

struct rendition {
	const char *codec; /* h264 h265 vp9 av1, or NULL: what the type implies */
	int width, height; /* 0: as the source, or as the other of the two asks for */
	int crf;
	int kbps;          /* 0: by crf */
	int fps;           /* 0: as the source */
	const char *rate;  /* a ceiling for adaptive streams */
};

struct plan {
	char *type; /* mp4, hls, ...; owned */
	struct plan_input *in;
	size_t nin;
	struct rendition *rendition;
	size_t n;
	bool silent;         /* no sound, though the source may have it */
	bool speech;         /* captions of what is said, which cannot be made here */
	int subtitle;        /* which of the source's subtitles */
	double from, to;     /* seconds; to 0: until the end */
	struct buf graph;    /* FFmpeg Micro's composition filters; empty: none */
	struct span options; /* FFmpeg Micro's output options; the preset is ignored if there are any */
};

/* The plan of output n. Everything borrowed is the job's. Give back with plan_free(). */
struct plan plan_make(const struct job *j, int n);
void plan_free(struct plan *p);

/* The codec of a type that is captions alone (vtt, srt, ttml, ass); NULL for others. */
const char *plan_captions(const char *type);

/* False and *why (appended) if the clip lies outside the source. */
bool plan_clip_ok(const struct plan *p, struct buf *why);

/* Resolves each input's source; false and *why (appended) if one cannot be read from here. */
bool plan_sources(struct plan *p, const struct media *m, const char *dir, struct buf *why);

/* Appends a probe as JSON; reads ffprobe's JSON, or ours. */
void probe_json(struct buf *out, const struct probe *p);
void probe_read(struct probe *p, struct span json);
bool probe_from_ffprobe(struct probe *p, struct span json);

#endif
