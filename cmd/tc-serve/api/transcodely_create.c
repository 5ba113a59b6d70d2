/* JobService/Create: creates a job from a valid request. */
#include <stdlib.h>
#include <string.h>

#include "api/connect.h"
#include "api/create.h"
#include "api/transcodely.h"
#include "api/transcodely_checks.h"
#include "api/webhook.h"
#include "http/call.h"
#include "serve.h"
#include "store/store.h"
#include "json/json.h"

/* Return the source as the encoder gets it, or NULL with an error response if it is not allowed. */
static char *
source(struct call *c, struct span request)
{
	char *url = connect_text(request, "input_url"),
	     *origin = connect_text(request, "input_origin_id");
	char *path = connect_text(request, "input_path"),
	     *video = connect_text(request, "input_video_id"), *why = NULL;
	struct buf text = {0};
	if (video)
		connect_error(c, 404, "not_found", "resource_not_found", "video %s not found",
			      video);
	else if (url)
		buf_str(&text, url);
	else if (path && c->serve->media.n > 0) /* --media stands for every origin */
		buf_str(&text, path + strspn(path, "/"));
	else
		buf_fmt(&text, "s3://%s/%s", origin, path ? path : "");
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
	return buf_take(&text);
}

static void
add_outputs(struct job *j, struct span request)
{
	struct span list, key, spec, v;
	json_get(request, "outputs", &list);
	for (struct json_iter it = json_each(list); json_next(&it, &key, &spec);) {
		const char *captions = output_captions(spec);
		json_get(spec, "type", &v);
		char *type = json_text(v);
		create_output(j, captions ? captions : type, spec);
		free(type);
	}
}

static bool
room_for_one(struct call *c)
{
	const struct serve *s = c->serve;
	long open;
	if (create_over_quota(c)) {
		connect_error(c, 429, "resource_exhausted", "limit_exceeded",
			      "the spending limit of this app is reached");
		return false;
	}
	if (s->cfg.queue_limit >= 0 &&
	    (open = store_open_jobs(s->store, API_TRANSCODELY)) >= s->cfg.queue_limit) {
		connect_error(c, 429, "resource_exhausted", "queue_limit_exceeded",
			      "app already has %ld pending jobs", open);
		return false;
	}
	return true;
}

/* Respond with the existing job if the app has one with this key. */
static bool
existing(struct call *c, struct span request, const char *key)
{
	struct job j;
	char *app = connect_text(request, "app_id");
	bool found = key && store_by_key(c->serve->store, API_TRANSCODELY, key, app, &j);
	free(app);
	if (!found)
		return false;
	c->serve->stats.existing++;
	transcodely_reply(c, &j, false);
	job_free(&j);
	return true;
}

static void
fill(struct job *j, struct span request, const char *from)
{
	struct span v;
	struct buf inputs = {0};
	json_get(request, "priority", &v);
	j->rank = span_is(v, "\"premium\"") ? 1 : span_is(v, "\"economy\"") ? -1 : 0;
	buf_str(&inputs, "[{\"url\":");
	json_quote(&inputs, span_of(from));
	buf_str(&inputs, "}]");
	j->inputs = mem_dup(buf_all(&inputs));
	buf_free(&inputs);
	json_get(request, "metadata", &v);
	j->metadata = mem_dup(v);
}

/* Hold a job that must be confirmed; one of its outputs is probed meanwhile, if any can be. */
static void
hold(struct job *j, bool probed)
{
	if (!job_waits(j))
		return;
	job_hold(j, j->updated);
	if (probed) {
		job_text(&j->status, "pending");
		job_text(&j->out[0].status, "pending");
	}
}

/*
 * Return the key from the body, else from the header. NULL, with an error
 * response, if the header is too long.
 */
static char *
find_key(struct call *c, struct span request)
{
	const char *header = call_header(c, "Idempotency-Key");
	char *key = connect_text(request, "idempotency_key");
	if (key || !header || !*header)
		return key;
	if (strlen(header) <= 128)
		return mem_dup(span_of(header));
	connect_invalid(c, "idempotency_key", "value length must be at most 128 characters");
	return NULL;
}

bool
transcodely_start(struct call *c, struct span request, const char *from, struct job *j)
{
	add_outputs(j, request);
	fill(j, request, from);
	hold(j, !c->serve->cfg.encoder);
	if (!room_for_one(c))
		return false;
	if (!create_commit(c, j)) {
		connect_error(c, 500, "internal", "internal_error",
			      "the job could not be recorded");
		return false;
	}
	webhook_job(c->serve, j, "job.created", c);
	for (size_t i = 0; i < j->nout; i++)
		webhook_output(c->serve, j, &j->out[i], "output.created", c);
	return true;
}

void
transcodely_create(struct call *c, struct span request)
{
	struct job j;
	char *from;
	create_begin(&j, API_TRANSCODELY, request);
	j.key = find_key(c, request);
	if (!c->status && !existing(c, request, j.key) && (from = source(c, request)) != NULL) {
		if (transcodely_start(c, request, from, &j))
			transcodely_reply(c, &j, false);
		free(from);
	}
	job_free(&j);
}
