/* JobService/Create: what a request may say, checked before a job is made. */
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "connect.h"
#include "create.h"
#include "json.h"
#include "serve.h"
#include "store.h"
#include "transcodely.h"

static const char *const types[] = {"mp4", "webm", "mkv", "mov", "hls", "dash", "adaptive", NULL};

/* The source as encoders get it; NULL (answered) if it is not exactly one, or not allowed. */
static char *
source(struct call *c, struct span body)
{
	char *url = connect_text(body, "input_url"), *origin = connect_text(body, "input_origin_id");
	char *path = connect_text(body, "input_path"), *video = connect_text(body, "input_video_id");
	struct buf text = {0};
	char *why = NULL;
	if ((url != NULL) + (origin || path) + (video != NULL) != 1)
		connect_invalid(c, "input", "exactly one of input_url, input_origin_id with input_path, and input_video_id");
	else if (video)
		connect_error(c, 404, "not_found", "resource_not_found", "video %s not found", video);
	else if (url)
		buf_str(&text, url);
	else if (!origin || !path)
		connect_invalid(c, origin ? "input_path" : "input_origin_id", "is required with the other of the two");
	else if (c->serve->media.n > 0) /* --media stands for every origin */
		buf_str(&text, path + strspn(path, "/"));
	else
		buf_fmt(&text, "s3://%s/%s", origin, path);
	if (!c->status && (why = create_source_error(c, buf_cstr(&text))) != NULL)
		connect_invalid(c, url ? "input_url" : "input_path", "%s", why);
	free(why);
	free(url);
	free(origin);
	free(path);
	free(video);
	if (c->status) {
		buf_free(&text);
		return NULL;
	}
	buf_cstr(&text);
	return text.p;
}

static bool
destination_ok(struct call *c, struct span body)
{
	struct span v;
	char *origin = connect_text(body, "output_origin_id");
	bool managed = connect_get(body, "managed", &v) == 1 && json_type(v) == JSON_TRUE;
	bool ok = managed != (origin != NULL);
	free(origin);
	if (!ok)
		connect_invalid(c, "output", "exactly one of output_origin_id and managed");
	return ok;
}

static bool
metadata_ok(struct call *c, struct span body, struct span *metadata)
{
	struct span key, value;
	struct buf text = {0};
	size_t n = 0;
	bool ok = true;
	if (connect_get(body, "metadata", metadata) == 0) {
		*metadata = (struct span){0};
		return true;
	}
	if (json_type(*metadata) != JSON_OBJECT)
		ok = false;
	for (struct json_iter it = json_each(*metadata); ok && json_next(&it, &key, &value); n++) {
		text.n = 0;
		ok = n < 20 && key.n <= 64 && json_decode(&text, value) && text.n <= 1024;
	}
	buf_free(&text);
	if (!ok)
		connect_invalid(c, "metadata", "at most 20 strings of 1024 bytes, names of 64");
	return ok;
}

/* One output of the request; its spec is kept as it came, on one line. */
static bool
add_output(struct call *c, struct job *j, struct span spec)
{
	struct span v, key, value;
	struct buf line = {0}, field = {0};
	size_t renditions = 0;
	const char *type = NULL;
	buf_fmt(&field, "outputs[%zu]", j->nout);
	if (connect_get(spec, "type", &v) == 1)
		type = connect_enum(v, "OUTPUT_FORMAT_", types);
	if (connect_get(spec, "preset", &v) == 1 && !type)
		type = "mp4"; /* presets of an account are not known here */
	if (connect_get(spec, "video", &v) == 1)
		for (struct json_iter it = json_each(v); json_next(&it, &key, &value);)
			renditions++;
	bool many = type && (strcmp(type, "hls") == 0 || strcmp(type, "dash") == 0 || strcmp(type, "adaptive") == 0);
	if (!type)
		connect_invalid(c, buf_cstr(&field), "type must be one of mp4, webm, mkv, mov, hls, dash, adaptive");
	else if (renditions > (many ? 20 : 1))
		connect_invalid(c, buf_cstr(&field), "video: at most %d rendition%s for %s", many ? 20 : 1, many ? "s" : "",
			type);
	else {
		json_oneline(&line, spec);
		create_output(j, type, buf_all(&line));
	}
	buf_free(&line);
	buf_free(&field);
	return !c->status;
}

static bool
add_outputs(struct call *c, struct job *j, struct span body)
{
	struct span list, key, value;
	if (connect_get(body, "outputs", &list) == 1)
		for (struct json_iter it = json_each(list); json_next(&it, &key, &value);)
			if (j->nout >= 10 || !add_output(c, j, value)) {
				if (!c->status)
					connect_invalid(c, "outputs", "must have 1 to 10 elements");
				return false;
			}
	if (j->nout == 0)
		connect_invalid(c, "outputs", "must have 1 to 10 elements");
	return j->nout > 0;
}

static bool
room_for_one(struct call *c)
{
	const struct serve *s = c->serve;
	long open;
	if (create_over_quota(c)) {
		connect_error(c, 429, "resource_exhausted", "limit_exceeded", "the spending limit of this app is reached");
		return false;
	}
	if (s->cfg.queue_limit >= 0 && (open = store_open_jobs(s->store, API_TRANSCODELY)) >= s->cfg.queue_limit) {
		connect_error(c, 429, "resource_exhausted", "queue_limit_exceeded", "app already has %ld pending jobs", open);
		return false;
	}
	return true;
}

/* A second create with the same key: the job that is there. */
static bool
existing(struct call *c, const char *key)
{
	struct job j;
	if (!key || !store_by_key(c->serve->store, API_TRANSCODELY, key, &j))
		return false;
	c->serve->stats.existing++;
	transcodely_reply(c, &j, false);
	job_free(&j);
	return true;
}

static void
fill(struct job *j, struct span body, char *from, struct span metadata)
{
	static const char *const priorities[] = {"economy", "standard", "premium", NULL};
	struct span v;
	struct buf inputs = {0};
	const char *p = connect_get(body, "priority", &v) == 1 ? connect_enum(v, "JOB_PRIORITY_", priorities) : NULL;
	j->rank = !p || strcmp(p, "standard") == 0 ? 0 : strcmp(p, "premium") == 0 ? 1 : -1;
	buf_str(&inputs, "[{\"url\":");
	json_quote(&inputs, span_of(from));
	buf_str(&inputs, "}]");
	j->inputs = mem_dup(buf_all(&inputs));
	inputs.n = 0;
	json_oneline(&inputs, metadata);
	j->metadata = metadata.n ? mem_dup(buf_all(&inputs)) : NULL;
	buf_free(&inputs);
	if (connect_get(body, "delayed_start", &v) == 1 && json_type(v) == JSON_TRUE) {
		job_text(&j->status, "awaiting_confirmation");
		for (size_t i = 0; i < j->nout; i++)
			job_text(&j->out[i].status, "held");
	}
}

static bool
key_ok(struct call *c, const char *key)
{
	if (!key || strlen(key) <= 128)
		return true;
	connect_invalid(c, "idempotency_key", "at most 128 characters");
	return false;
}

void
transcodely_create(struct call *c, struct span body)
{
	struct span metadata;
	struct job j;
	const char *header = call_header(c, "Idempotency-Key");
	char *key = connect_text(body, "idempotency_key"), *from = NULL;
	create_begin(&j, API_TRANSCODELY, body);
	if (!key && header && *header)
		key = mem_dup(span_of(header));
	j.key = key;
	if (key_ok(c, key) && !existing(c, key) && (from = source(c, body)) != NULL && destination_ok(c, body)
		&& metadata_ok(c, body, &metadata) && add_outputs(c, &j, body) && room_for_one(c)) {
		fill(&j, body, from, metadata);
		if (create_commit(c, &j))
			transcodely_reply(c, &j, false);
		else
			connect_error(c, 500, "internal", "internal_error", "the job could not be recorded");
	}
	free(from);
	job_free(&j);
}
