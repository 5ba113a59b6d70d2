/* ffprobe's result for a file, kept in the job as JSON. */
#include <stdlib.h>

#include "base/space.h"
#include "encode/plan.h"
#include "json/json.h"

void
probe_json(struct buf *out, const struct probe *p)
{
	struct buf seconds = {0};
	buf_fmt(&seconds, "%.6f", p->seconds);
	json_open(out);
	json_raw(out, "seconds", buf_all(&seconds));
	json_int(out, "width", p->width);
	json_int(out, "height", p->height);
	json_bool(out, "video", p->video);
	json_bool(out, "audio", p->audio);
	if (p->subtitles >= 0)
		json_int(out, "subtitles", p->subtitles);
	json_close(out);
	buf_free(&seconds);
}

static int
integer(struct span object, const char *name)
{
	struct span v;
	double n = 0;
	if (json_get(object, name, &v) == 1)
		json_number(v, &n);
	return n >= 0 && n < 1e6 ? (int)n : 0;
}

void
probe_read(struct probe *p, struct span json)
{
	struct span v;
	*p = (struct probe){.width = integer(json, "width"),
			    .height = integer(json, "height"),
			    .video = json_true_of(json, "video"),
			    .audio = json_true_of(json, "audio"),
			    .subtitles = json_get(json, "subtitles", &v) == 1
						 ? integer(json, "subtitles")
						 : -1};
	if (json_get(json, "seconds", &v) == 1)
		json_number(v, &p->seconds);
}

static void
stream(struct probe *p, struct span s)
{
	struct span type;
	if (json_get(s, "codec_type", &type) != 1)
		return;
	if (span_is(type, "\"audio\""))
		p->audio = true;
	p->subtitles += span_is(type, "\"subtitle\"");
	if (!span_is(type, "\"video\"") || p->video)
		return;
	p->video = true;
	p->width = integer(s, "width");
	p->height = integer(s, "height");
}

bool
probe_from_ffprobe(struct probe *p, struct span json)
{
	struct span list, key, value;
	*p = (struct probe){0};
	json = span_trim(json);
	if (json_check(json, NULL) || json_get(json, "streams", &list) != 1)
		return false;
	for (struct json_iter it = json_each(list); json_next(&it, &key, &value);)
		stream(p, value);
	char *text = json_at(json, "/format/duration", &value) ? json_text(value) : NULL;
	if (text && strtod(text, NULL) > 0) /* ffprobe writes "1.000000", or "N/A" */
		p->seconds = strtod(text, NULL);
	free(text);
	return p->video || p->audio;
}
