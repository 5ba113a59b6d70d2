#include "api/transcodely_checks.h"

#include <stdlib.h>
#include <string.h>

#include "base/space.h"
#include "json/json.h"

static bool
has(struct span message, const char *name)
{
	struct span v;
	return json_get(message, name, &v) == 1;
}

static bool
filled(struct span message, const char *name)
{
	struct span v;
	return json_get(message, name, &v) == 1 && span_trim(v).n > 2; /* more than "" */
}

void
check_create(struct span q, const char *at, struct violations *l)
{
	if (filled(q, "input_url") + has(q, "input_origin_id") + has(q, "input_video_id") != 1)
		violation_add(l, at,
			      "exactly one input source must be specified: input_url, "
			      "input_origin_id, or input_video_id");
	if (has(q, "input_path") && !has(q, "input_origin_id"))
		violation_add(l, at, "input_path can only be specified when using input_origin_id");
	if (!has(q, "output_origin_id") && !json_true_of(q, "managed") && !has(q, "input_video_id"))
		violation_add(l, at, "output_origin_id is required when managed is not true");
}

void
check_clip(struct span clip, const char *at, struct violations *l)
{
	struct span v;
	double start = 0, end = 0;
	if (json_get(clip, "start_seconds", &v) == 1)
		json_number(v, &start);
	if (json_get(clip, "end_seconds", &v) == 1)
		json_number(v, &end);
	if (end != 0 && end - start < 0.001)
		violation_add(l, at,
			      "end_seconds must be at least 0.001s greater than start_seconds (or "
			      "0 for end of input)");
}

void
check_list(struct span q, const char *at, struct violations *l)
{
	struct span list, key, a, b;
	(void)at;
	json_get(q, "statuses", &list);
	for (struct json_iter it = json_each(list); json_next(&it, &key, &a);) {
		struct json_iter rest = it;
		while (json_next(&rest, &key, &b))
			if (a.n == b.n && memcmp(a.p, b.p, a.n) == 0) {
				violation_add(l, "statuses",
					      "repeated value must contain unique items");
				return;
			}
	}
}

void
check_update(struct span q, const char *at, struct violations *l)
{
	if (json_true_of(q, "clear_tags") && filled(q, "tags"))
		violation_add(l, at, "clear_tags cannot be combined with a non-empty tags list");
}

const char *
output_captions(struct span spec)
{
	static const char *const made[][2] = {
		{"\"srt\"", "srt"}, {"\"ttml\"", "ttml"}, {"\"ass\"", "ass"}};
	struct span list, key, track, v;
	const char *format = NULL;
	if (json_get(spec, "video", &list) != 1 || span_trim(list).n > 2 ||
	    json_get(spec, "subtitle_tracks", &list) != 1)
		return NULL;
	for (struct json_iter it = json_each(list); json_next(&it, &key, &track);) {
		if (json_get(track, "operation", &v) != 1 ||
		    !(span_is(v, "\"extract\"") || span_is(v, "\"generate\"")))
			return NULL;
		json_get(track, "output_format", &v);
		for (size_t i = 0; !format && i < sizeof made / sizeof *made; i++)
			if (span_is(v, made[i][0]))
				format = made[i][1];
		format = format ? format : "vtt";
	}
	return format;
}

static bool
is_streaming(const char *type)
{
	return strcmp(type, "hls") == 0 || strcmp(type, "dash") == 0 ||
	       strcmp(type, "adaptive") == 0;
}

/* Check that a file has one rendition, and that webm has a codec it can hold. */
static void
check_video(const char *type, struct span video, const char *at, struct violations *l)
{
	struct span key, v, codec;
	struct buf path = {0};
	size_t n = 0;
	for (struct json_iter it = json_each(video); json_next(&it, &key, &v); n++) {
		json_get(v, "codec", &codec);
		path.n = 0;
		buf_fmt(&path, "%s.video[%zu].codec", at, n);
		if (strcmp(type, "webm") == 0 && !span_is(codec, "\"vp9\"") &&
		    !span_is(codec, "\"av1\""))
			violation_add(l, buf_cstr(&path), "webm takes vp9 or av1");
		/* ffmpeg's muxer does not take them, and with av1 its encoder never ends */
		if (strcmp(type, "mov") == 0 &&
		    (span_is(codec, "\"vp9\"") || span_is(codec, "\"av1\"")))
			violation_add(l, buf_cstr(&path),
				      "%.*s in mov is not supported by tc-serve", (int)codec.n - 2,
				      codec.p + 1);
	}
	path.n = 0;
	buf_fmt(&path, "%s.video", at);
	if (n > 1 && !is_streaming(type))
		violation_add(l, buf_cstr(&path),
			      "%s takes one variant: tc-serve makes one file of it", type);
	buf_free(&path);
}

void
check_output(struct span spec, const char *at, struct violations *l)
{
	struct span v, video;
	if (output_captions(spec))
		return;
	json_get(spec, "type", &v);
	json_get(spec, "video", &video);
	char *type = json_text(v);
	if (strcmp(type, "unspecified") == 0)
		violation_add(l, at,
			      "either preset must be specified, or type with video[] array must be "
			      "provided"
			      " (or a captions-only output with extract/generate subtitle tracks)");
	else if (span_trim(video).n <= 2)
		violation_add(l, at, "video[] array must have at least one variant");
	else if (filled(spec, "subtitle_tracks"))
		violation_add(l, at, "subtitle_tracks beside video is not supported by tc-serve");
	else
		check_video(type, video, at, l);
	free(type);
}
