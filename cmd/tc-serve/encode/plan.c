#include "encode/plan.h"

#include <stdlib.h>
#include <string.h>

#include "encode/graph.h"
#include "json/json.h"

static void
add_inputs(struct plan *p, const struct job *j)
{
	struct span key, value, url;
	for (struct json_iter it = json_each(span_of(j->inputs)); json_next(&it, &key, &value);) {
		struct plan_input in = {.source.fd = -1};
		if (json_get(value, "url", &url) == 1)
			in.url = json_text(url);
		json_get(value, "options", &in.options);
		p->in = mem_room(p->in, p->nin, sizeof *p->in);
		p->in[p->nin++] = in;
	}
	size_t i = 0;
	for (struct json_iter it = json_each(span_of(j->probe ? j->probe : "[]"));
	     json_next(&it, &key, &value); i++)
		if (i < p->nin)
			probe_read(&p->in[i].probe, value);
}

/* Read the part of the input to encode. */
static void
add_clip(struct plan *p, struct span request)
{
	struct span clip, v;
	if (json_get(request, "clip", &clip) != 1)
		return;
	if (json_get(clip, "start_seconds", &v) == 1)
		json_number(v, &p->from);
	if (json_get(clip, "end_seconds", &v) == 1)
		json_number(v, &p->to);
}

static void
add_rendition(struct plan *p, struct rendition r)
{
	p->rendition = mem_room(p->rendition, p->n, sizeof *p->rendition);
	p->rendition[p->n++] = r;
}

/* Return 720 for "720p"; 0, the source's height, for anything else. */
static int
height_of(const char *word)
{
	long n = !word ? 0 : strcmp(word, "4k") == 0 ? 2160 : strtol(word, NULL, 10);
	return n > 0 && n <= 8640 ? (int)n : 0;
}

/* Read {"quality":"high","resolution":"720p"}: CRF 18, 23 or 28. */
static void
micro_preset(struct plan *p, struct span request)
{
	struct span preset = {0}, filters;
	struct rendition r = {.crf = 23};
	if (json_get(request, "preset", &preset) == 1) {
		char *quality = json_text_of(preset, "quality"),
		     *resolution = json_text_of(preset, "resolution");
		r.crf = !quality || strcmp(quality, "medium") == 0 ? 23
			: strcmp(quality, "high") == 0             ? 18
								   : 28;
		r.height = height_of(resolution);
		free(quality);
		free(resolution);
	}
	if (json_get(request, "filters", &filters) == 1)
		graph_text(&p->graph, filters);
	json_get(request, "options", &p->options);
	struct json_iter it = json_each(p->options);
	struct span key, value;
	if (!json_next(&it, &key, &value))
		p->options = (struct span){0};
	add_rendition(p, r);
}

static int
integer(struct span object, const char *name, int otherwise)
{
	struct span v;
	double n;
	return json_get(object, name, &v) == 1 && json_number(v, &n) ? (int)n : otherwise;
}

/* Read a Transcodely variant, as transcodely_rules.h has checked it. */
static struct rendition
variant(struct span v)
{
	static const char *const codecs[] = {"h264", "h265", "vp9", "av1"};
	struct span own;
	struct rendition r = {.crf = 23};
	char *codec = json_text_of(v, "codec"), *size = json_text_of(v, "resolution"),
	     *q = json_text_of(v, "quality");
	for (size_t i = 0; codec && i < sizeof codecs / sizeof *codecs; i++)
		if (strcmp(codec, codecs[i]) == 0)
			r.codec = codecs[i];
	r.width = integer(v, "width", 0);
	r.height = integer(v, "height", r.width ? 0 : height_of(size));
	r.crf = q && strcmp(q, "premium") == 0 ? 18 : q && strcmp(q, "economy") == 0 ? 28 : 23;
	r.fps = integer(v, "framerate", 0);
	r.kbps = integer(v, "bitrate", 0);
	if (r.codec && json_get(v, r.codec, &own) == 1)
		r.crf = integer(own, "crf", r.crf);
	free(codec);
	free(size);
	free(q);
	return r;
}

static void
spec_renditions(struct plan *p, struct span spec)
{
	struct span list, key, value;
	p->silent = json_get(spec, "disable_audio", &value) == 1 && json_type(value) == JSON_TRUE;
	if (json_get(spec, "subtitle_tracks", &list) == 1) {
		struct json_iter it = json_each(list);
		if (json_next(&it, &key, &value)) {
			p->speech = json_get(value, "operation", &key) == 1 &&
				    span_is(key, "\"generate\"");
			p->subtitle = integer(value, "source_stream_index", 0);
		}
	}
	if (json_get(spec, "video", &list) == 1)
		for (struct json_iter it = json_each(list); json_next(&it, &key, &value);)
			add_rendition(p, variant(value));
	if (p->n == 0)
		add_rendition(p, (struct rendition){.crf = 23});
}

/* Return "mp4" for "JOB/0.mp4"; for a playlist, hls or dash. The caller frees. */
static char *
type_of(const char *path)
{
	const char *dot = strrchr(path, '.');
	if (strcmp(dot, ".m3u8") == 0)
		return mem_dup(span_of("hls"));
	return mem_dup(span_of(strcmp(dot, ".mpd") == 0 ? "dash" : dot + 1));
}

struct plan
plan_make(const struct job *j, int n)
{
	struct plan p = {0};
	p.type = type_of(j->out[n].path);
	add_inputs(&p, j);
	if (j->api == API_MICRO)
		micro_preset(&p, span_of(j->request));
	else {
		add_clip(&p, span_of(j->request));
		spec_renditions(&p, span_of(j->out[n].spec));
	}
	return p;
}

void
plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->nin; i++) {
		free(p->in[i].url);
		source_free(&p->in[i].source);
	}
	free(p->in);
	free(p->rendition);
	buf_free(&p->graph);
	free(p->type);
	*p = (struct plan){0};
}

const char *
plan_captions(const char *type)
{
	static const char *const known[][2] = {
		{"vtt", "webvtt"}, {"srt", "subrip"}, {"ttml", "ttml"}, {"ass", "ass"}};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(type, known[i][0]) == 0)
			return known[i][1];
	return NULL;
}

bool
plan_clip_ok(const struct plan *p, struct buf *why)
{
	double length = p->in[0].probe.seconds;
	if (length <= 0 || (p->from < length && p->to <= length))
		return true;
	buf_fmt(why, "the clip ends outside the input, which is %.3f seconds long", length);
	return false;
}

bool
plan_sources(struct plan *p, const struct media *m, const char *dir, struct buf *why)
{
	struct buf uploads = {0};
	bool ok = true;
	buf_fmt(&uploads, "%s/uploads", dir);
	for (size_t i = 0; ok && i < p->nin; i++) {
		struct plan_input *in = &p->in[i];
		in->source = media_source(m, buf_cstr(&uploads), in->url ? in->url : "");
		ok = in->source.kind == SOURCE_WEB || in->source.kind == SOURCE_FILE;
		if (in->source.kind == SOURCE_REFUSED)
			buf_str(why, in->source.text);
		else if (in->source.kind == SOURCE_BUCKET)
			buf_fmt(why,
				"%s: this server has no access to buckets; use http(s), an upload "
				"or --media",
				in->url);
	}
	buf_free(&uploads);
	return ok;
}
