#include "api/transcodely_path.h"

#include <stdlib.h>
#include <string.h>

#include "api/connect.h"
#include "base/date.h"
#include "json/json.h"

/* Append a member of the first variant of the spec. */
static void
variant_word(struct buf *out, const struct output *o, const char *name)
{
	struct span v, key, list = {0};
	json_get(span_of(o->spec), "video", &list);
	struct json_iter it = json_each(list);
	char *text = json_next(&it, &key, &v) ? connect_text(v, name) : NULL;
	buf_str(out, text ? text : "");
	free(text);
}

static void
date(struct buf *out, int64_t wall)
{
	struct buf iso = {0};
	date_rfc3339_ms(&iso, wall);
	buf_add(out, iso.p, strlen("2026-02-28"));
	buf_free(&iso);
}

/* Append the value of a variable. Return false for an unknown name, which is left as it is. */
static bool
variable(struct buf *out, struct span name, const struct job *j, const struct output *o)
{
	if (span_is(name, "job_id"))
		buf_str(out, j->id);
	else if (span_is(name, "output_id") || span_is(name, "uuid"))
		buf_str(out, o->id);
	else if (span_is(name, "output_index"))
		buf_fmt(out, "%d", o->n);
	else if (span_is(name, "date"))
		date(out, j->created);
	else if (span_is(name, "timestamp"))
		buf_fmt(out, "%lld", (long long)(j->created / 1000000));
	else if (span_is(name, "codec"))
		variant_word(out, o, "codec");
	else if (span_is(name, "resolution"))
		variant_word(out, o, "resolution");
	else if (span_is(name, "quality"))
		variant_word(out, o, "quality");
	else if (span_is(name, "type") || span_is(name, "format")) {
		char *type = connect_text(span_of(o->spec), "type");
		buf_str(out, type ? type : "");
		free(type);
	} else
		return false;
	return true;
}

static void
fill(struct buf *out, const char *template, const struct job *j, const struct output *o)
{
	for (const char *p = template, *end; *p; p++) {
		end = *p == '{' ? strchr(p, '}') : NULL;
		if (end && variable(out, (struct span){p + 1, (size_t)(end - p) - 1}, j, o))
			p = end;
		else
			buf_ch(out, *p);
	}
}

void
transcodely_path(struct buf *out, const struct job *j, const struct output *o)
{
	char *all = connect_text(span_of(j->request), "output_path_template");
	char *own = connect_text(span_of(o->spec), "path_template");
	/* the name of a playlist, or the extension of a file, follows the template */
	const char *slash = strchr(o->path, '/'), *name = slash ? strchr(slash + 1, '/') : NULL;
	if (!all && !own) {
		buf_str(out, o->path);
	} else {
		fill(out, all ? all : "", j, o);
		buf_str(out, all && own ? "/" : "");
		fill(out, own ? own : "", j, o);
		buf_str(out, name ? name : strrchr(o->path, '.'));
	}
	free(all);
	free(own);
}
