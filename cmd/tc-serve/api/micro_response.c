#include "api/micro_response.h"

#include <stdarg.h>
#include <string.h>

#include "encode/plan.h"
#include "http/call.h"
#include "when.h"
#include "json/json.h"

void
micro_error(struct call *c, int status, const char *error, const char *details, ...)
{
	struct buf text = {0}, *out = call_json(c, status);
	json_open(out);
	json_str(out, "error", span_of(error));
	if (details) {
		va_list ap;
		va_start(ap, details);
		buf_vfmt(&text, details, ap);
		va_end(ap);
		json_str(out, "details", buf_all(&text));
	}
	json_close(out);
	buf_free(&text);
}

const char *
micro_status(const struct job *j)
{
	return strcmp(j->status, "probing") == 0 ? "processing" : j->status;
}

/*
 * Add what the job is billed for: the whole seconds of all inputs, and started
 * minutes. They are null until known; with --encoder, inputs are not probed.
 */
static void
costs(struct buf *out, const struct job *j)
{
	struct span key, value;
	double sum = 0;
	for (struct json_iter it = json_each(span_of(j->probe ? j->probe : "[]"));
	     json_next(&it, &key, &value);) {
		struct probe p;
		probe_read(&p, value);
		sum += p.seconds;
	}
	long long seconds = (long long)(sum + 0.5), minutes = (long long)(sum / 60);
	minutes += (double)minutes * 60 < sum;
	if (j->probe || strcmp(j->status, "completed") == 0) {
		json_int(out, "duration_seconds", seconds);
		json_int(out, "billable_minutes", minutes);
	} else {
		json_raw(out, "duration_seconds", span_of("null"));
		json_raw(out, "billable_minutes", span_of("null"));
	}
}

void
micro_job(struct buf *out, const struct job *j)
{
	const struct output *o = &j->out[0];
	bool done = strcmp(j->status, "completed") == 0;
	struct span format = span_of("null"), preset = {0};
	struct buf url = {0};
	json_get(span_of(j->request), "outputFormat", &format);
	json_get(span_of(j->request), "preset", &preset);
	buf_fmt(&url, "gs://tc-serve/files/%s", o->path);
	json_open(out);
	json_str(out, "id", span_of(j->id));
	json_str(out, "status", span_of(micro_status(j)));
	json_raw(out, "inputs", span_of(j->inputs));
	json_raw(out, "output_format", format);
	if (done)
		json_str(out, "output_url", buf_all(&url));
	else
		json_raw(out, "output_url", span_of("null"));
	costs(out, j);
	if (j->error)
		json_str(out, "error_message", span_of(j->error));
	else
		json_raw(out, "error_message", span_of("null"));
	when_json(out, "created_at", j->created);
	when_json(out, "updated_at", j->updated);
	when_json(out, "completed_at", j->completed);
	if (j->metadata)
		json_raw(out, "metadata", span_of(j->metadata));
	json_close(out);
	buf_free(&url);
}
