#include "api/video_object.h"

#include <stdlib.h>
#include <string.h>

#include "api/connect.h"
#include "api/protojson.h"
#include "api/transcodely.h"
#include "http/call.h"
#include "serve.h"
#include "store/store.h"
#include "json/json.h"

/* Copy a text of the request, if it was set. */
static void
echo(struct buf *out, const struct video *v, const char *name)
{
	char *text = connect_text(span_of(v->request), name);
	if (text)
		json_str(out, name, span_of(text));
	free(text);
}

static void
visibility(struct buf *out, const struct video *v)
{
	char *text = connect_text(span_of(v->request), "visibility");
	json_str(out, "visibility", span_of(text ? text : "unlisted"));
	free(text);
}

static void
tags(struct buf *out, const struct video *v)
{
	struct span list;
	json_raw(out, "tags",
		 json_get(span_of(v->request), "tags", &list) == 1 ? list : span_of("[]"));
}

static const char *
status(const struct video *v, const struct job *j)
{
	if (!j->id || !job_ended(j->status))
		return v->status;
	return strcmp(j->status, "completed") == 0 ? "ready" : "error";
}

/* Add what the job has made of the video. */
static void
result(struct buf *out, const struct job *j, bool ready)
{
	int64_t size = 0;
	double seconds = 0;
	for (size_t i = 0; i < j->nout; i++) {
		size += j->out[i].size;
		seconds = j->out[i].seconds > seconds ? j->out[i].seconds : seconds;
	}
	proto_int64(out, "output_size_bytes", ready ? size : 0);
	if (!ready)
		return;
	struct buf b = {0};
	proto_real(&b, seconds);
	json_raw(out, "duration_seconds", buf_all(&b));
	transcodely_time(out, "ready_at", j->completed);
	buf_free(&b);
}

static void
failure(struct buf *out, const struct job *j)
{
	const char *why = j->error;
	for (size_t i = 0; i < j->nout && !why; i++)
		why = j->out[i].error;
	json_str(out, "error_message", span_of(why ? why : j->status));
}

void
video_write(const struct call *c, struct buf *out, const struct video *v)
{
	struct job j = {0};
	if (v->job)
		store_get(c->serve->store, API_TRANSCODELY, v->job, &j);
	const char *word = status(v, &j);
	json_open(out);
	json_str(out, "id", span_of(v->id));
	json_str(out, "app_id", span_of(v->app));
	json_str(out, "source", span_of("upload"));
	json_str(out, "status", span_of(word));
	visibility(out, v);
	echo(out, v, "title");
	echo(out, v, "description");
	tags(out, v);
	proto_int64(out, "input_size_bytes", v->size);
	json_str(out, "input_content_type", span_of(v->type));
	if (v->job)
		json_str(out, "job_id", span_of(v->job));
	json_raw(out, "renditions", span_of("[]"));
	json_raw(out, "text_tracks", span_of("[]"));
	result(out, &j, strcmp(word, "ready") == 0);
	if (strcmp(word, "error") == 0)
		failure(out, &j);
	transcodely_time(out, "created_at", v->created);
	int64_t changed = j.id ? j.updated : v->created;
	transcodely_time(out, "updated_at", v->updated > changed ? v->updated : changed);
	json_bool(out, "source_pinned", json_true_of(span_of(v->request), "source_pinned"));
	json_str(out, "object", span_of("video"));
	json_close(out);
	job_free(&j);
}
