/* Writes Transcodely's job object: all mandatory members, and the optional ones that are set. */
#include <stdlib.h>
#include <string.h>

#include "api/connect.h"
#include "api/protojson.h"
#include "api/transcodely.h"
#include "api/transcodely_path.h"
#include "api/transcodely_rules.h"
#include "base/clock.h"
#include "base/date.h"
#include "encode/ffmpeg.h"
#include "encode/plan.h"
#include "http/call.h"
#include "http/files.h"
#include "serve.h"
#include "store/store.h"
#include "json/json.h"

#define SIGNED_TTL (6 * 3600 * SECOND)

/* Add an optional string; omit it if it is empty. */
static void
text(struct buf *out, const char *name, const char *value)
{
	if (value && *value)
		json_str(out, name, span_of(value));
}

static void
integer(struct buf *out, const char *name, long long n)
{
	if (n > 0)
		json_int(out, name, n);
}

/* Round to the nearest integer; negative becomes 0. */
static long long
whole(double v)
{
	return v > 0 && v < 9e18 ? (long long)(v + 0.5) : 0;
}

void
transcodely_time(struct buf *out, const char *name, int64_t wall)
{
	struct buf b = {0};
	if (!wall)
		return;
	date_rfc3339_ms(&b, wall);
	if (strcmp(buf_cstr(&b) + b.n - 5, ".000Z") == 0) { /* protobuf writes no empty fraction */
		b.n -= 5;
		buf_ch(&b, 'Z');
	}
	json_str(out, name, buf_all(&b));
	buf_free(&b);
}

/* Copy a member of the request, if it was set. */
static void
echo(struct buf *out, struct span request, const char *name)
{
	struct span v;
	if (json_get(request, name, &v) == 1)
		json_raw(out, name, v);
}

static bool
is_managed(struct span request)
{
	struct span v;
	return json_get(request, "managed", &v) == 1 && json_type(v) == JSON_TRUE;
}

static void
output_urls(const struct call *c, struct buf *out, const struct job *j, const struct output *o,
	    bool signed_urls)
{
	struct span request = span_of(j->request);
	struct buf url = {0};
	char *origin = connect_text(request, "output_origin_id");
	if (strcmp(o->status, "completed") == 0) {
		if (origin) {
			buf_fmt(&url, "s3://%s/", origin);
			transcodely_path(&url, j, o);
		} else {
			buf_fmt(&url, "gs://tc-serve/files/%s", o->path);
		}
		json_str(out, "output_url", buf_all(&url));
		url.n = 0;
		if (signed_urls && (!origin || is_managed(request))) {
			files_url(c, &url, o->path,
				  c->serve->cfg.url_ttl ? c->serve->cfg.url_ttl : SIGNED_TTL);
			json_str(out, "signed_url", buf_all(&url));
		}
	}
	free(origin);
	buf_free(&url);
}

/* Add the measurements of a finished output. */
static void
result(struct buf *out, const struct output *o)
{
	if (strcmp(o->status, "completed") != 0)
		return;
	proto_int64(out, "output_size_bytes", o->size);
	proto_int64(out, "duration_seconds", whole(o->seconds));
	json_raw(out, "actual_cost", span_of("0"));
	integer(out, "width", o->width);
	integer(out, "height", o->height);
	if (o->seconds > 0)
		json_int(out, "average_bitrate_kbps",
			 whole((double)o->size * 8 / o->seconds / 1000));
}

/* Add what can be estimated of an output from the probe of the source. */
static void
estimate(struct buf *out, const struct job *j, const struct output *o)
{
	if (!j->probe)
		return;
	struct plan p = plan_make(j, o->n);
	proto_int64(out, "estimated_duration_seconds", whole(ffmpeg_seconds(&p)));
	json_raw(out, "estimated_cost", span_of("0"));
	plan_free(&p);
}

void
transcodely_output(const struct call *c, struct buf *out, const struct job *j,
		   const struct output *o, bool signed_urls)
{
	json_open(out);
	json_str(out, "id", span_of(o->id));
	json_raw(out, "spec", span_of(o->spec));
	json_str(out, "status", span_of(strcmp(o->status, "held") == 0 ? "pending" : o->status));
	json_int(out, "progress", o->progress);
	output_urls(c, out, j, o, signed_urls);
	estimate(out, j, o);
	result(out, o);
	json_raw(out, "pricing", span_of("null"));
	text(out, "error_code", o->error_code);
	text(out, "error_message", o->error);
	json_raw(out, "variant_pricing", span_of("[]"));
	json_raw(out, "variant_results", span_of("[]"));
	json_str(out, "object", span_of("job_output"));
	json_close(out);
}

/* Add an origin and its id. */
static void
origin(struct buf *out, const char *name, struct span request, const char *id_name,
       const char *path_name)
{
	char *id = connect_text(request, id_name), *path = connect_text(request, path_name);
	if (id) {
		struct buf o = {0};
		json_open(&o);
		json_str(&o, "id", span_of(id));
		json_str(&o, "name", span_of(id));
		json_str(&o, "provider", span_of("s3"));
		json_str(&o, "path", span_of(path ? path : ""));
		json_str(&o, "bucket", span_of(id));
		json_close(&o);
		json_raw(out, name, buf_all(&o));
		json_str(out, id_name, span_of(id));
		buf_free(&o);
	}
	free(id);
	free(path);
}

/* Add ffprobe's result for the source. */
static void
metadata_of_input(struct buf *out, const struct job *j)
{
	struct span key, first;
	struct buf b = {0};
	struct probe p;
	struct json_iter it = json_each(span_of(j->probe ? j->probe : "[]"));
	if (!json_next(&it, &key, &first))
		return;
	probe_read(&p, first);
	json_open(&b);
	json_str(&b, "format", span_of(""));
	proto_int64(&b, "duration_ms", whole(p.seconds * 1000));
	proto_int64(&b, "size_bytes", 0);
	proto_int64(&b, "bit_rate", 0);
	json_raw(&b, "video", span_of("null"));
	json_raw(&b, "audio", span_of("null"));
	json_raw(&b, "probed_at", span_of("null"));
	json_close(&b);
	json_raw(out, "input_metadata", buf_all(&b));
	buf_free(&b);
}

/* Return whether the source has been probed; with --encoder, whether it would have been. */
static bool
is_probed(const struct call *c, const struct job *j)
{
	return j->probe || (c->serve->cfg.encoder && strcmp(j->status, "pending") != 0);
}

/* Add the totals, which are 0 here, as the service would: estimates after the probe. */
static void
totals(const struct call *c, struct buf *out, const struct job *j)
{
	if (is_probed(c, j))
		json_raw(out, "total_estimated_cost", span_of("0"));
	if (job_ended(j->status))
		json_raw(out, "total_actual_cost", span_of("0"));
}

static void
costs(const struct call *c, struct buf *out, const struct job *j)
{
	struct buf b = {0};
	json_open(&b);
	json_raw(&b, "lines", span_of("[]"));
	totals(c, &b, j);
	json_close(&b);
	totals(c, out, j);
	json_str(out, "currency", span_of("EUR"));
	json_raw(out, "cost_breakdown", buf_all(&b));
	json_raw(out, "fees", span_of("[]"));
	json_bool(out, "minimum_charge_applied", false);
	buf_free(&b);
}

static void
times(struct buf *out, const struct job *j)
{
	transcodely_time(out, "created_at", j->created);
	transcodely_time(out, "updated_at", j->updated);
	transcodely_time(out, "started_at", j->started);
	transcodely_time(out, "confirmed_at", j->confirmed);
	transcodely_time(out, "completed_at", j->completed);
}

/* Add members of the request, and those that are always empty here. */
static void
echoes(struct buf *out, const struct job *j)
{
	static const char *const never[] = {"thumbnails", "thumbnail_results", "subtitle_results",
					    "chapter_results"};
	static const char *const set[] = {"input_url", "input_path",    "webhook_url",
					  "metadata",  "delayed_start", "output_path_template",
					  "clip"};
	struct span request = span_of(j->request);
	json_str(out, "priority",
		 span_of(j->rank > 0   ? "premium"
			 : j->rank < 0 ? "economy"
				       : "standard"));
	for (size_t i = 0; i < sizeof set / sizeof *set; i++)
		echo(out, request, set[i]);
	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		json_raw(out, never[i], span_of("[]"));
	origin(out, "input_origin", request, "input_origin_id", "input_path");
	origin(out, "output_origin", request, "output_origin_id", "output_path_template");
	json_str(out, "input_video_id", (struct span){"", 0});
	json_raw(out, "execution", span_of("null"));
}

void
transcodely_job(const struct call *c, struct buf *out, const struct job *j, bool signed_urls)
{
	struct buf outputs = {0};
	int sum = 0;
	char *app = connect_text(span_of(j->request), "app_id");
	buf_ch(&outputs, '[');
	for (size_t i = 0; i < j->nout; i++) {
		buf_str(&outputs, i ? "," : "");
		transcodely_output(c, &outputs, j, &j->out[i], signed_urls);
		sum += j->out[i].progress;
	}
	buf_ch(&outputs, ']');
	json_open(out);
	json_str(out, "object", span_of("job"));
	json_str(out, "id", span_of(j->id));
	json_str(out, "app_id", span_of(app ? app : STORE_APP));
	json_str(out, "status", span_of(j->status));
	json_int(out, "progress",
		 strcmp(j->status, "completed") == 0 ? 100 : sum / (int)(j->nout ? j->nout : 1));
	json_raw(out, "outputs", buf_all(&outputs));
	text(out, "error_code", j->error_code);
	text(out, "error_message", j->error);
	echoes(out, j);
	metadata_of_input(out, j);
	costs(c, out, j);
	times(out, j);
	json_close(out);
	free(app);
	buf_free(&outputs);
}

void
transcodely_reply(struct call *c, const struct job *j, bool signed_urls)
{
	struct buf job = {0}, out = {0};
	transcodely_job(c, &job, j, signed_urls);
	json_open(&out);
	json_raw(&out, "job", buf_all(&job));
	json_close(&out);
	connect_reply(c, buf_all(&out));
	buf_free(&job);
	buf_free(&out);
}
