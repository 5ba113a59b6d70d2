#include "encode/codec.h"

#include <string.h>

#define AAC "-c:a aac -b:a 128k"
#define OPUS "-c:a libopus -b:a 96k"

static const struct type types[] = {
	{"mp4", "h264", AAC, "-movflags +faststart -f mp4"},
	{"mov", "h264", AAC, "-f mov"},
	{"mkv", "h264", AAC, "-f matroska"},
	{"webm", "vp9", OPUS, "-f webm"},
	{"avi", "h264", "-c:a libmp3lame -b:a 128k", "-f avi"},
	{"hls", "h264", AAC, ""},
	{"dash", "h264", AAC, ""},
	{"mp3", NULL, "-c:a libmp3lame -b:a 192k", "-f mp3"},
	{"m4a", NULL, "-c:a aac -b:a 192k", "-f ipod"},
	{"aac", NULL, "-c:a aac -b:a 192k", "-f adts"},
	{"wav", NULL, "-c:a pcm_s16le", "-f wav"},
	{"ogg", NULL, "-c:a libvorbis", "-f ogg"},
	{"opus", NULL, OPUS, "-f opus"},
	{"flac", NULL, "-c:a flac", "-f flac"},
	{"jpg", "mjpeg", NULL, "-frames:v 1 -f image2 -update 1"},
	{"png", "png", NULL, "-frames:v 1 -f image2 -update 1"},
	{"gif", "gif", NULL, "-r 10 -f gif"},
	{"webp", "webp", NULL, "-frames:v 1 -f image2 -update 1"},
};

/* crf: quality is set by CRF. The other options favour speed: a rehearsal should not take hours. */
static const struct codec {
	const char *name, *encoder;
	bool crf;
	const char *rest[4][2];
} codecs[] = {
	{"h264", "libx264", true, {{"preset", "veryfast"}, {"pix_fmt", "yuv420p"}}},
	{"h265", "libx265", true, {{"preset", "veryfast"}, {"pix_fmt", "yuv420p"}}},
	{"hevc", "libx265", true, {{"preset", "veryfast"}, {"pix_fmt", "yuv420p"}}},
	{"vp9",
	 "libvpx-vp9",
	 true,
	 {{"b", "0"}, {"deadline", "realtime"}, {"cpu-used", "6"}, {"row-mt", "1"}}},
	{"av1", "libsvtav1", true, {{"preset", "10"}, {"pix_fmt", "yuv420p"}}},
	{"mjpeg", "mjpeg", false, {{"q", "2"}, {"pix_fmt", "yuvj420p"}}},
	{"png", "png", false, {{NULL, NULL}}},
	{"gif", "gif", false, {{NULL, NULL}}},
	{"webp", "libwebp", false, {{NULL, NULL}}},
};

const struct type *
codec_type(const char *name)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

static const struct codec *
find(const char *name)
{
	size_t i = 0;
	while (i < sizeof codecs / sizeof *codecs - 1 && strcmp(codecs[i].name, name) != 0)
		i++;
	return &codecs[i];
}

/* Add -name:v:N value, or -name:v value. */
static void
option(struct strings *w, const char *name, int stream, const char *value)
{
	struct buf b = {0};
	buf_fmt(&b, stream < 0 ? "-%s:v" : "-%s:v:%d", name, stream);
	strings_copy(w, buf_cstr(&b));
	strings_copy(w, value);
	buf_free(&b);
}

void
codec_video(struct strings *w, const struct type *type, const struct rendition *r, int stream)
{
	const struct codec *c = find(r->codec ? r->codec : type->video);
	struct buf crf = {0}, rate = {0};
	option(w, "c", stream, c->encoder);
	buf_fmt(&crf, "%d", r->crf);
	buf_fmt(&rate, "%dk", r->kbps);
	if (r->kbps)
		option(w, "b", stream, buf_cstr(&rate));
	else if (c->crf)
		option(w, "crf", stream, buf_cstr(&crf));
	for (size_t i = 0; i < 4 && c->rest[i][0]; i++)
		if (!r->kbps || strcmp(c->rest[i][0], "b") != 0)
			option(w, c->rest[i][0], stream, c->rest[i][1]);
	buf_free(&rate);
	buf_free(&crf);
}
