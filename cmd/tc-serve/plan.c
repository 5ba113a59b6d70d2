#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "connect.h"
#include "json.h"

static void
add_inputs(struct plan *p, const struct job *j)
{
	struct span key, value, url;
	for (struct json_iter it = json_each(span_of(j->inputs)); json_next(&it, &key, &value);) {
		struct plan_input in = {0};
		if (json_get(value, "url", &url) == 1)
			in.url = json_text(url);
		json_get(value, "options", &in.options);
		p->in = mem_grow(p->in, (p->nin + 1) * sizeof *p->in);
		p->in[p->nin++] = in;
	}
	size_t i = 0;
	for (struct json_iter it = json_each(span_of(j->probe ? j->probe : "[]")); json_next(&it, &key, &value); i++)
		if (i < p->nin)
			probe_read(&p->in[i].probe, value);
}

static void
add_rendition(struct plan *p, struct rendition r)
{
	p->rendition = mem_grow(p->rendition, (p->n + 1) * sizeof *p->rendition);
	p->rendition[p->n++] = r;
}

/* "720p" is 720; what is no resolution is 0: as it came. */
static int
height_of(const char *word)
{
	long n = !word ? 0 : strcmp(word, "4k") == 0 ? 2160 : strtol(word, NULL, 10);
	return n > 0 && n <= 8640 ? (int)n : 0;
}

/* {"quality":"high","resolution":"720p"}: CRF 18, 23, 28. */
static void
micro_preset(struct plan *p, struct span request)
{
	struct span preset = {0};
	struct rendition r = {.crf = 23};
	if (json_get(request, "preset", &preset) == 1) {
		char *quality = connect_text(preset, "quality"), *resolution = connect_text(preset, "resolution");
		r.crf = !quality || strcmp(quality, "medium") == 0 ? 23 : strcmp(quality, "high") == 0 ? 18 : 28;
		r.height = height_of(resolution);
		free(quality);
		free(resolution);
	}
	json_get(request, "options", &p->options);
	struct json_iter it = json_each(p->options);
	struct span key, value;
	if (!json_next(&it, &key, &value))
		p->options = (struct span){0};
	add_rendition(p, r);
}

static struct rendition
variant(struct span v)
{
	static const char *const codecs[] = {"h264", "h265", "hevc", "vp9", "av1", NULL};
	static const char *const sizes[] = {"240p", "360p", "480p", "720p", "1080p", "1440p", "2160p", "4k", NULL};
	static const char *const qualities[] = {"economy", "standard", "premium", NULL};
	struct span f;
	struct rendition r = {.crf = 23};
	if (connect_get(v, "codec", &f) == 1)
		r.codec = connect_enum(f, "VIDEO_CODEC_", codecs);
	if (connect_get(v, "resolution", &f) == 1)
		r.height = height_of(connect_enum(f, "RESOLUTION_", sizes));
	const char *q = connect_get(v, "quality", &f) == 1 ? connect_enum(f, "QUALITY_TIER_", qualities) : NULL;
	r.crf = !q || strcmp(q, "standard") == 0 ? 23 : strcmp(q, "premium") == 0 ? 18 : 28;
	return r;
}

static void
spec_renditions(struct plan *p, struct span spec)
{
	struct span list, key, value;
	if (connect_get(spec, "video", &list) == 1)
		for (struct json_iter it = json_each(list); json_next(&it, &key, &value);)
			add_rendition(p, variant(value));
	if (p->n == 0)
		add_rendition(p, (struct rendition){.crf = 23});
}

/* mp4 of "JOB/0.mp4"; of a playlist the kind. */
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
	else
		spec_renditions(&p, span_of(j->out[n].spec));
	return p;
}

void
plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->nin; i++) {
		free(p->in[i].url);
		free(p->in[i].source.text);
	}
	free(p->in);
	free(p->rendition);
	free(p->type);
	*p = (struct plan){0};
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
			buf_fmt(why, "%s: this server has no access to buckets; use http(s), an upload or --media",
				in->url);
	}
	buf_free(&uploads);
	return ok;
}
