#include "api/transcodely.h"

#include <stdlib.h>
#include <string.h>

#include "api/connect.h"
#include "api/transcodely_rules.h"
#include "api/video.h"
#include "api/watch.h"
#include "api/webhook.h"
#include "base/clock.h"
#include "encode/encoder.h"
#include "http/call.h"
#include "serve.h"
#include "store/store.h"
#include "json/json.h"

static void
get(struct call *c, struct job *j)
{
	transcodely_reply(c, j, true);
}

static bool
put_and_reply(struct call *c, const struct job *j)
{
	bool ok = store_put(c->serve->store, j);
	if (ok)
		transcodely_reply(c, j, true);
	else
		connect_error(c, 500, "internal", "internal_error", "the job could not be written");
	return ok;
}

static void
cancel(struct call *c, struct job *j)
{
	if (job_ended(j->status)) {
		connect_error(c, 400, "failed_precondition", "job_not_cancelable",
			      "job %s is %s already", j->id, j->status);
		return;
	}
	job_cancel(j, clock_wall());
	if (put_and_reply(c, j))
		webhook_job(c->serve, j, "job.canceled", c);
	encode_cancel(c->serve->encoder, j->id);
}

static void
confirm(struct call *c, struct job *j)
{
	if (strcmp(j->status, "awaiting_confirmation") != 0) {
		connect_error(c, 400, "failed_precondition", "job_not_awaiting_confirmation",
			      "job %s is %s, not awaiting_confirmation", j->id, j->status);
		return;
	}
	job_release(j);
	job_text(&j->status, "processing");
	j->updated = j->confirmed = clock_wall();
	put_and_reply(c, j);
	serve_wake(c->serve);
}

static void
watch(struct call *c, struct job *j)
{
	watch_begin(c, j->id);
}

/* Find the job of a call and run the method on it. */
static void
about_job(struct call *c, struct span request, void (*run)(struct call *c, struct job *j))
{
	struct job j;
	char *id = connect_text(request, "id");
	if (!store_get(c->serve->store, API_TRANSCODELY, id ? id : "", &j)) {
		connect_error(c, 404, "not_found", "JOB_NOT_FOUND", "job %s not found",
			      id ? id : "");
	} else {
		run(c, &j);
		job_free(&j);
	}
	free(id);
}

static const struct method {
	const char *path;
	const struct proto_message *request;
	void (*run)(struct call *c, struct span request);
	void (*about)(struct call *c, struct job *j); /* instead of run: for a call about one job */
	bool stream;
} methods[] = {
	{"/transcodely.v1.JobService/Create", &rules_create, transcodely_create, NULL, false},
	{"/transcodely.v1.JobService/Get", &rules_job, NULL, get, false},
	{"/transcodely.v1.JobService/List", &rules_list, transcodely_list, NULL, false},
	{"/transcodely.v1.JobService/Cancel", &rules_job, NULL, cancel, false},
	{"/transcodely.v1.JobService/Confirm", &rules_job, NULL, confirm, false},
	{"/transcodely.v1.JobService/Watch", &rules_job, NULL, watch, true},
	{"/transcodely.v1.VideoService/CreateUpload", &rules_upload, video_create, NULL, false},
	{"/transcodely.v1.VideoService/CompleteUpload", &rules_video, video_complete, NULL, false},
	{"/transcodely.v1.VideoService/CreateMultipartUpload", &rules_upload, video_create_parts,
	 NULL, false},
	{"/transcodely.v1.VideoService/GetUploadPartUrls", &rules_part_urls, video_part_urls, NULL,
	 false},
	{"/transcodely.v1.VideoService/CompleteMultipartUpload", &rules_complete,
	 video_complete_parts, NULL, false},
	{"/transcodely.v1.VideoService/AbortMultipartUpload", &rules_abort, video_abort, NULL,
	 false},
	{"/transcodely.v1.VideoService/Get", &rules_video, video_get, NULL, false},
	{"/transcodely.v1.VideoService/List", &rules_videos, video_list, NULL, false},
	{"/transcodely.v1.VideoService/Update", &rules_update, video_update, NULL, false},
	{"/transcodely.v1.VideoService/Delete", &rules_video, video_delete, NULL, false},
};

static bool
is_post(struct call *c)
{
	if (strcmp(c->method, "POST") == 0)
		return true;
	connect_error(c, 405, "unimplemented", "method_not_allowed", "only POST");
	call_set(c, "Allow", "POST");
	return false;
}

void
transcodely_call(struct call *c)
{
	const struct method *m = NULL;
	struct buf request = {0};
	if (!is_post(c))
		return;
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (strcmp(c->path, methods[i].path) == 0)
			m = &methods[i];
	if (!m) {
		connect_error(c, 404, "unimplemented", "unimplemented", "there is no %s here",
			      c->path);
		return;
	}
	c->stream = m->stream;
	if (connect_request(c, m->request, &request)) {
		if (m->about)
			about_job(c, buf_all(&request), m->about);
		else
			m->run(c, buf_all(&request));
	}
	buf_free(&request);
}

bool
transcodely_health(struct call *c)
{
	struct buf out = {0}, any = {0};
	static const struct proto_field fields[] = {{.name = NULL}};
	static const struct proto_message request = {fields, NULL};
	if (strcmp(c->path, "/transcodely.v1.HealthService/Check") != 0)
		return false;
	if (is_post(c) && connect_request(c, &request, &any)) {
		json_open(&out);
		json_raw(&out, "components", span_of("[]"));
		json_str(&out, "status", span_of("healthy"));
		json_str(&out, "version", span_of(TC_VERSION));
		json_close(&out);
		connect_reply(c, buf_all(&out));
	}
	buf_free(&out);
	buf_free(&any);
	return true;
}
