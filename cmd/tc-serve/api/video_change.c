/* VideoService/Update and Delete. */
#include <stdlib.h>
#include <unistd.h>

#include "api/connect.h"
#include "api/video.h"
#include "api/video_parts.h"
#include "api/webhook.h"
#include "base/clock.h"
#include "encode/encoder.h"
#include "encode/outfile.h"
#include "http/call.h"
#include "http/take.h"
#include "serve.h"
#include "store/store.h"
#include "json/json.h"

/* Put what an update sets into the video's request, which has it from then on. */
static void
merge(struct span update, struct buf *request)
{
	static const char *const members[] = {"/title", "/description", "/visibility",
					      "/source_pinned"};
	struct span v, key;
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (json_at(update, members[i], &v))
			json_set_into(request, members[i], v);
	json_get(update, "tags", &v);
	struct json_iter it = json_each(v);
	struct span tags = v;
	if (json_true_of(update, "clear_tags"))
		json_set_into(request, "/tags", span_of("[]"));
	else if (json_next(&it, &key, &v)) /* an empty list is not set */
		json_set_into(request, "/tags", tags);
}

void
video_update(struct call *c, struct span request)
{
	struct video v;
	struct buf merged = {0};
	if (!video_find(c, request, &v))
		return;
	buf_str(&merged, v.request);
	merge(request, &merged);
	free(v.request);
	v.request = buf_take(&merged);
	v.updated = clock_wall();
	if (store_video_update(c->serve->store, &v))
		video_reply(c, &v);
	else
		connect_error(c, 500, "internal", "internal_error",
			      "the video could not be written");
	video_free(&v);
}

/* Cancel the video's job, and remove what it has made. Return false on failure. */
static bool
drop_job(struct call *c, const struct video *v)
{
	struct job j;
	bool ok = true;
	if (!v->job || !store_get(c->serve->store, API_TRANSCODELY, v->job, &j))
		return true;
	if (!job_ended(j.status)) {
		job_cancel(&j, clock_wall());
		ok = store_put(c->serve->store, &j);
		if (ok)
			webhook_job(c->serve, &j, "job.canceled", c);
		encode_cancel(c->serve->encoder, j.id);
	}
	for (size_t i = 0; i < j.nout; i++) {
		struct buf path = {0};
		buf_fmt(&path, "%s/files/%s", c->serve->dir, j.out[i].path);
		outfile_remove(buf_cstr(&path));
		buf_free(&path);
	}
	job_free(&j);
	return ok;
}

void
video_delete(struct call *c, struct span request)
{
	struct video v;
	struct buf path = {0};
	if (!video_find(c, request, &v))
		return;
	if (drop_job(c, &v) && store_upload_gone(c->serve->store, v.name) &&
	    store_video_gone(c->serve->store, v.id)) {
		take_path(c, &path, v.name);
		unlink(buf_cstr(&path)); /* a missing file need not be removed */
		video_parts_drop(c, &v);
		connect_reply(c, span_of("{}"));
	} else {
		connect_error(c, 500, "internal", "internal_error",
			      "the video could not be deleted");
	}
	buf_free(&path);
	video_free(&v);
}
