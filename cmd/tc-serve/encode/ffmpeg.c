#include "encode/ffmpeg.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "encode/allowlist.h"
#include "encode/codec.h"
#include "encode/ffmpeg_playlist.h"
#include "encode/graph.h"
#include "encode/outfile.h"
#include "json/json.h"

/*
 * Containers that hold their own data. Concat scripts, playlists and image
 * sequences name other files.
 */
#define CONTAINERS                                                                                 \
	"mov,matroska,avi,mpegts,mpeg,flv,ogg,wav,mp3,aac,flac,asf,gif,apng,png_pipe,jpeg_pipe,"   \
	"webp_pipe,bmp_pipe,"                                                                      \
	"tiff_pipe,mxf,nut,w64,aiff,au,caf,dv,amr,ac3,eac3,dts,h264,hevc,m4v,mpegvideo,ivf,"       \
	"yuv4mpegpipe,wv,tta,ape"

/* The duration of a still picture, seconds. */
#define FRAME 0.04

static void
add_word(void *ctx, const char *word)
{
	strings_copy(ctx, word);
}

/* Return true for an image whose name has a "%": the image demuxer would read it as a pattern. */
static bool
is_pattern(const char *url)
{
	static const char *const types[] = {".jpg", ".jpeg", ".png", ".webp",
					    ".bmp", ".tif",  ".tiff"};
	const char *dot = strrchr(url, '.');
	for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
		if (strcasecmp(dot, types[i]) == 0)
			return strchr(url, '%') != NULL;
	return false;
}

static void
add_web(struct strings *w, const char *url)
{
	/* playlists may name other URLs but no files; a dead server fails the job */
	ffmpeg_words(w,
		     "-protocol_whitelist http,https,tcp,tls,crypto,httpproxy -rw_timeout 60000000"
		     " -format_whitelist " CONTAINERS ",image2,hls,dash");
	if (strncmp(url, "https:", 6) == 0)
		ffmpeg_words(w, "-tls_verify 1");
	const char *ca = getenv("SSL_CERT_FILE");
	if (strncmp(url, "https:", 6) == 0 && ca && *ca) {
		strings_copy(w, "-ca_file");
		strings_copy(w, ca);
	}
	if (is_pattern(url))
		ffmpeg_words(w, "-f image2 -pattern_type none");
	strings_copy(w, "-i");
	strings_copy(w, url);
}

/* Add the source and what it may open. A file is passed as the descriptor numbered *fds. */
static void
add_source(struct strings *w, const struct source *s, size_t *fds)
{
	if (s->kind == SOURCE_WEB) {
		add_web(w, s->text);
		return;
	}
	ffmpeg_words(w, "-protocol_whitelist file -format_whitelist " CONTAINERS " -i");
	if (s->fd >= 0)
		strings_fmt(w, "file:/dev/fd/%zu", 3 + (*fds)++);
	else
		strings_fmt(w, "file:%s", s->text);
}

void
ffmpeg_probe(struct strings *w, const struct source *s)
{
	/* our own playlists are probed too; a source's may name any file, and is passed open */
	ffmpeg_words(w, "ffprobe -v error -of json -show_entries "
			"format=duration:stream=codec_type,width,height");
	if (s->kind == SOURCE_FILE && s->fd < 0 && outfile_is_tree(s->text)) {
		ffmpeg_words(w, "-protocol_whitelist file,crypto -i");
		strings_fmt(w, "file:%s", s->text);
	} else {
		size_t fds = 0;
		add_source(w, s, &fds);
	}
}

double
ffmpeg_seconds(const struct plan *p)
{
	double sum = 0;
	for (size_t i = 0; i < p->nin; i++)
		sum += p->in[i].probe.seconds;
	if (p->to > 0 && p->to < sum)
		sum = p->to;
	return sum > p->from ? sum - p->from : 0;
}

static bool
any(const struct plan *p, bool video)
{
	for (size_t i = 0; i < p->nin; i++)
		if (video ? p->in[i].probe.video : p->in[i].probe.audio)
			return true;
	return false;
}

/* Scale one of several sources to the size of the first, and add silence if it has no sound. */
static void
join_one(struct buf *f, const struct plan *p, size_t i, bool video, bool audio)
{
	const struct probe *first = &p->in[0].probe, *it = &p->in[i].probe;
	int wide = first->width / 2 * 2, high = first->height / 2 * 2;
	if (video)
		buf_fmt(f,
			"[%zu:v:0]scale=%d:%d:force_original_aspect_ratio=decrease,pad=%d:%d:(ow-"
			"iw)/2:(oh-ih)/2,"
			"setsar=1,fps=30,format=yuv420p[v%zu];",
			i, wide, high, wide, high, i);
	if (audio && it->audio)
		buf_fmt(f, "[%zu:a:0]aresample=48000,aformat=channel_layouts=stereo[a%zu];", i, i);
	else if (audio)
		buf_fmt(f, "anullsrc=r=48000:cl=stereo,atrim=duration=%.6f[a%zu];",
			it->seconds > 0 ? it->seconds : FRAME, i);
}

/* Concatenate all sources into [v] and [a]. */
static bool
join(struct buf *f, const struct plan *p, bool video, bool audio, struct buf *why)
{
	for (size_t i = 0; i < p->nin; i++) {
		if (video && !p->in[i].probe.video) {
			buf_fmt(why, "input %zu has no video to join", i + 1);
			return false;
		}
		join_one(f, p, i, video, audio);
	}
	for (size_t i = 0; i < p->nin; i++) {
		if (video)
			buf_fmt(f, "[v%zu]", i);
		if (audio)
			buf_fmt(f, "[a%zu]", i);
	}
	buf_fmt(f, "concat=n=%zu:v=%d:a=%d%s%s", p->nin, video, audio, video ? "[v]" : "",
		audio ? "[a]" : "");
	return true;
}

static void
add_clip(struct strings *w, const struct plan *p)
{
	if (p->from > 0) {
		strings_copy(w, "-ss");
		strings_fmt(w, "%.4f", p->from);
	}
	if (p->to > 0) {
		strings_copy(w, "-t");
		strings_fmt(w, "%.4f", p->to - p->from);
	}
}

static void
add_inputs(struct strings *w, const struct plan *p)
{
	ffmpeg_words(w, "ffmpeg -nostdin -hide_banner -v error -nostats -progress pipe:1 -y");
	size_t fds = 0;
	for (size_t i = 0; i < p->nin; i++) {
		allowlist_each(p->in[i].options, add_word, w);
		add_clip(w, p);
		add_source(w, &p->in[i].source, &fds);
	}
}

static void
map_label(void *ctx, const char *label)
{
	strings_copy(ctx, "-map");
	strings_fmt(ctx, "[%s]", label);
}

static void
graph_map(struct strings *w, const struct plan *p)
{
	char *graph = mem_dup(buf_all(&p->graph));
	graph_results(graph, map_label, w);
	free(graph);
}

/* Add the options for a single file. */
static bool
one_file(struct strings *w, const struct plan *p, const struct type *type, struct buf *why)
{
	const struct rendition *r = &p->rendition[0];
	bool video = type->video && any(p, true),
	     audio = type->audio && !p->silent && any(p, false);
	if (!video && !audio) {
		buf_fmt(why, "the source has no %s for %s", type->video ? "video" : "audio",
			p->type);
		return false;
	}
	if (p->graph.n) {
		strings_copy(w, "-filter_complex");
		strings_fmt(w, "%.*s", (int)p->graph.n, p->graph.p);
		graph_map(w, p);
	} else if (p->nin > 1) {
		struct buf f = {0};
		if (!join(&f, p, video, audio, why)) {
			buf_free(&f);
			return false;
		}
		strings_copy(w, "-filter_complex");
		strings_copy(w, buf_cstr(&f));
		buf_free(&f);
		ffmpeg_words(w, video && audio ? "-map [v] -map [a]"
				: video        ? "-map [v]"
					       : "-map [a]");
	}
	if (!video)
		strings_copy(w, "-vn");
	if (!audio)
		strings_copy(w, "-an");
	if (p->options.n) {
		ffmpeg_words(w, type->container);
		allowlist_each(p->options, add_word, w);
		return true;
	}
	if (video)
		codec_video(w, type, r, -1);
	if (video && p->nin == 1 && !p->graph.n) {
		struct buf f = {0};
		ffmpeg_filters(&f, r);
		if (f.n) {
			strings_copy(w, "-vf");
			strings_copy(w, buf_cstr(&f));
		}
		buf_free(&f);
	} else if (video && r->height) {
		strings_copy(w, "-s"); /* -vf does not apply to a concatenated stream */
		strings_fmt(w, "%dx%d",
			    r->height * p->in[0].probe.width / p->in[0].probe.height / 2 * 2,
			    r->height);
	}
	if (audio)
		ffmpeg_words(w, type->audio);
	ffmpeg_words(w, type->container);
	return true;
}

/* Add the options that extract subtitles to a file. */
static bool
captions(struct strings *w, const struct plan *p, struct buf *why)
{
	const char *codec = plan_captions(p->type);
	if (p->speech) {
		buf_str(why, "captions cannot be generated here: there is no speech recognition");
		return false;
	}
	int there = p->in[0].probe.subtitles;
	if (there >= 0 && p->subtitle >= there) {
		buf_fmt(why, "the source has no subtitle stream %d: it has %d", p->subtitle, there);
		return false;
	}
	strings_copy(w, "-map");
	strings_fmt(w, "0:s:%d", p->subtitle);
	strings_copy(w, "-c:s");
	strings_copy(w, codec);
	strings_copy(w, "-f");
	strings_copy(w, strcmp(codec, "subrip") == 0 ? "srt" : codec);
	return true;
}

bool
ffmpeg_encode(struct strings *w, const struct plan *p, const char *path, struct buf *why)
{
	const struct type *type = codec_type(p->type);
	if (!type && !plan_captions(p->type)) {
		buf_fmt(why, "%s cannot be made here", p->type);
		return false;
	}
	add_inputs(w, p);
	if (outfile_is_tree(path))
		return ffmpeg_playlist(w, p, type, path, why);
	if (type ? !one_file(w, p, type, why) : !captions(w, p, why))
		return false;
	strings_fmt(w, "file:%s", path);
	return true;
}
