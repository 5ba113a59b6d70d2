/* The job object of Transcodely: every field there, whether it is set or not; int64 as strings. */
#include <string.h>
#include <stdlib.h>

#include "call.h"
#include "clock.h"
#include "connect.h"
#include "files.h"
#include "json.h"
#include "serve.h"
#include "transcodely.h"
#include "when.h"

#define SIGNED_TTL (6 * 3600 * SECOND)

static void
str(struct buf *out, const char *name, const char *text)
{
	json_str(out, name, span_of(text ? text : ""));
}

static void
real(struct buf *out, const char *name, double v)
{
	struct buf b = {0};
	buf_fmt(&b, "%.3f", v);
	json_raw(out, name, buf_all(&b));
	buf_free(&b);
}

/* A field of the request, given back as it came: "" if it was not there. */
static void
echo(struct buf *out, struct span request, const char *name)
{
	char *text = connect_text(request, name);
	str(out, name, text);
	free(text);
}

static void
output_urls(const struct call *c, struct buf *out, struct span request, const struct output *o, bool signed_urls)
{
	struct buf url = {0}, sign = {0};
	char *origin = connect_text(request, "output_origin_id");
	if (strcmp(o->status, "completed") == 0) {
		if (origin)
			buf_fmt(&url, "s3://%s/%s", origin, o->path);
		else
			buf_fmt(&url, "gs://tc-serve/files/%s", o->path);
		if (!origin && signed_urls)
			files_url(c, &sign, o->path, c->serve->cfg.url_ttl ? c->serve->cfg.url_ttl : SIGNED_TTL);
	}
	json_str(out, "output_url", buf_all(&url));
	json_str(out, "signed_url", buf_all(&sign));
	free(origin);
	buf_free(&url);
	buf_free(&sign);
}

static void
one_output(const struct call *c, struct buf *out, struct span request, const struct output *o, bool signed_urls)
{
	struct buf size = {0};
	buf_fmt(&size, "%lld", (long long)o->size);
	json_open(out);
	str(out, "id", o->id);
	json_raw(out, "spec", span_of(o->spec));
	str(out, "status", strcmp(o->status, "held") == 0 ? "pending" : o->status);
	json_int(out, "progress", o->progress);
	output_urls(c, out, request, o, signed_urls);
	json_str(out, "output_size_bytes", buf_all(&size));
	real(out, "duration_seconds", o->seconds);
	json_int(out, "width", o->width);
	json_int(out, "height", o->height);
	str(out, "error_code", o->error_code);
	str(out, "error_message", o->error);
	json_close(out);
	buf_free(&size);
}

static void
costs_and_times(struct buf *out, const struct job *j)
{
	real(out, "total_estimated_cost", 0);
	real(out, "total_actual_cost", 0);
	str(out, "currency", "USD");
	when_json(out, "created_at", j->created);
	when_json(out, "updated_at", j->updated);
	when_json(out, "started_at", j->started);
	when_json(out, "completed_at", j->completed);
}

void
transcodely_job(const struct call *c, struct buf *out, const struct job *j, bool signed_urls)
{
	static const char *const echoed[] = {"input_url", "input_origin_id", "input_path", "input_video_id",
		"output_origin_id", "webhook_url"};
	struct span request = span_of(j->request), v;
	struct buf outputs = {0};
	int sum = 0;
	buf_ch(&outputs, '[');
	for (size_t i = 0; i < j->nout; i++) {
		if (i)
			buf_ch(&outputs, ',');
		one_output(c, &outputs, request, &j->out[i], signed_urls);
		sum += j->out[i].progress;
	}
	buf_ch(&outputs, ']');
	json_open(out);
	str(out, "id", j->id);
	str(out, "app_id", "app_local");
	str(out, "status", j->status);
	json_int(out, "progress", strcmp(j->status, "completed") == 0 ? 100 : sum / (int)(j->nout ? j->nout : 1));
	str(out, "priority", j->rank > 0 ? "premium" : j->rank < 0 ? "economy" : "standard");
	for (size_t i = 0; i < sizeof echoed / sizeof *echoed; i++)
		echo(out, request, echoed[i]);
	json_bool(out, "managed", connect_get(request, "managed", &v) == 1 && json_type(v) == JSON_TRUE);
	json_bool(out, "delayed_start", connect_get(request, "delayed_start", &v) == 1 && json_type(v) == JSON_TRUE);
	json_raw(out, "outputs", buf_all(&outputs));
	str(out, "error_code", j->error_code);
	str(out, "error_message", j->error);
	json_raw(out, "metadata", span_of(j->metadata ? j->metadata : "{}"));
	str(out, "idempotency_key", j->key);
	str(out, "video_id", "");
	costs_and_times(out, j);
	json_close(out);
	buf_free(&outputs);
}

void
transcodely_reply(struct call *c, const struct job *j, bool signed_urls)
{
	struct buf job = {0}, *out = call_json(c, 200);
	transcodely_job(c, &job, j, signed_urls);
	json_open(out);
	json_raw(out, "job", buf_all(&job));
	json_close(out);
	connect_done(c);
	buf_free(&job);
}
