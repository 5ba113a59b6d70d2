/* Adaptive streams: HLS and DASH. */
#include "encode/ffmpeg_playlist.h"

#include <string.h>

/* Split [0:v] into one scaled stream per rendition, [v0] [v1] ... */
static void
ladder(struct strings *w, const struct plan *p)
{
	struct buf f = {0};
	buf_fmt(&f, "[0:v:0]split=%zu", p->n);
	for (size_t i = 0; i < p->n; i++)
		buf_fmt(&f, "[s%zu]", i);
	for (size_t i = 0; i < p->n; i++) {
		buf_fmt(&f, ";[s%zu]", i);
		size_t from = f.n;
		ffmpeg_filters(&f, &p->rendition[i]);
		buf_fmt(&f, f.n > from ? "[v%zu]" : "null[v%zu]", i);
	}
	strings_copy(w, "-filter_complex");
	strings_copy(w, buf_cstr(&f));
	buf_free(&f);
}

/* Return true if MPEG-TS cannot carry the codec of a rendition, so that segments must be fragmented
 * MP4. */
static bool
needs_mp4(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->rendition[i].codec && (strcmp(p->rendition[i].codec, "vp9") == 0 ||
					      strcmp(p->rendition[i].codec, "av1") == 0))
			return true;
	return false;
}

/* Add the muxer and its paths, which are relative: it would read a "%" in the name of the directory
 * as a pattern. */
static void
hls_muxer(struct strings *w, const struct plan *p, bool audio)
{
	struct buf map = {0};
	bool mp4 = needs_mp4(p);
	for (size_t i = 0; i < p->n; i++)
		buf_fmt(&map, audio ? "%sv:%zu,a:%zu" : "%sv:%zu", i ? " " : "", i, i);
	ffmpeg_words(w, "-f hls -hls_time 4 -hls_playlist_type vod -hls_list_size 0 "
			"-master_pl_name master.m3u8");
	if (mp4)
		ffmpeg_words(w, "-hls_segment_type fmp4 -hls_fmp4_init_filename init.mp4");
	strings_copy(w, "-var_stream_map");
	strings_copy(w, buf_cstr(&map));
	strings_copy(w, "-hls_segment_filename");
	/* without "file:": the muxer creates directories only for plain paths */
	strings_copy(w, mp4 ? "v%v/%05d.m4s" : "v%v/%05d.ts");
	strings_copy(w, "v%v/index.m3u8");
	buf_free(&map);
}

bool
ffmpeg_playlist(struct strings *w, const struct plan *p, const struct type *type, const char *path,
		struct buf *why)
{
	bool audio = p->in[0].probe.audio && !p->silent, hls = strcmp(p->type, "hls") == 0;
	if (!p->in[0].probe.video) {
		buf_fmt(why, "the source has no video for %s", p->type);
		return false;
	}
	ladder(w, p);
	for (size_t i = 0; i < p->n; i++) {
		strings_copy(w, "-map");
		strings_fmt(w, "[v%zu]", i);
		codec_video(w, type, &p->rendition[i], (int)i);
	}
	/* players switch renditions at key frames, so all have them at the same times */
	ffmpeg_words(w, "-force_key_frames expr:gte(t,n_forced*4)");
	for (size_t i = 0; audio && i < (hls ? p->n : 1); i++)
		ffmpeg_words(w, "-map 0:a:0");
	if (audio)
		ffmpeg_words(w, type->audio);
	if (hls) {
		hls_muxer(w, p, audio);
		return true;
	}
	ffmpeg_words(w, "-f dash -seg_duration 4 -adaptation_sets");
	strings_copy(w, audio ? "id=0,streams=v id=1,streams=a" : "id=0,streams=v");
	strings_fmt(w, "file:%s", strrchr(path, '/') + 1);
	return true;
}
