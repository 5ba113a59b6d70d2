#include "api/video.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api/connect.h"
#include "api/create.h"
#include "api/protojson.h"
#include "api/transcodely.h"
#include "api/transcodely_rules.h"
#include "api/upload.h"
#include "api/video_object.h"
#include "api/video_parts.h"
#include "base/clock.h"
#include "encode/media.h"
#include "http/call.h"
#include "http/sign.h"
#include "http/take.h"
#include "serve.h"
#include "store/store.h"
#include "json/json.h"

enum { FIRST_URLS = 50, PART_DEFAULT = 25 << 20, PART_MIN = 5 << 20 };
#define TTL (3600 * SECOND)

static int64_t
url_end(const struct call *c)
{
	return clock_wall() + (c->serve->cfg.url_ttl ? c->serve->cfg.url_ttl : TTL);
}

void
video_reply(struct call *c, const struct video *v)
{
	struct buf video = {0}, out = {0};
	video_write(c, &video, v);
	json_open(&out);
	json_raw(&out, "video", buf_all(&video));
	json_close(&out);
	connect_reply(c, buf_all(&out));
	buf_free(&video);
	buf_free(&out);
}

bool
video_find(struct call *c, struct span request, struct video *v)
{
	char *id = connect_text(request, "id"), *upload = connect_text(request, "upload_id");
	bool found = id && store_video(c->serve->store, id, v);
	if (found && upload && strcmp(upload, v->upload) != 0) {
		video_free(v);
		found = false;
	}
	if (!found)
		connect_error(c, 404, "not_found", "resource_not_found", "video %s not found",
			      id ? id : "");
	free(id);
	free(upload);
	return found;
}

static bool
make(struct call *c, struct span request, bool in_parts, struct video *v)
{
	struct buf id = {0}, upload = {0}, name = {0};
	char *filename = connect_text(request, "filename");
	buf_str(&id, "vid_");
	random_hex(&id, 8);
	random_hex(&upload, 16);
	upload_server_name(&name, filename);
	*v = (struct video){.id = buf_take(&id),
			    .upload = buf_take(&upload),
			    .name = buf_take(&name),
			    .type = connect_text(request, "content_type"),
			    .app = connect_text(request, "app_id"),
			    .status = mem_dup(span_of("uploading")),
			    .request = mem_dup(request),
			    .size = (long)json_count_of(request, "size_bytes", 0),
			    .created = clock_wall()};
	if (in_parts) {
		v->parts = (long)json_count_of(request, "total_parts", 0);
		v->part = (long)json_count_of(request, "part_size_bytes", 0);
		v->part = v->part ? v->part : PART_DEFAULT;
	}
	free(filename);
	struct upload u = {.name = v->name, .type = v->type, .size = v->size};
	if (in_parts && v->part < PART_MIN)
		connect_invalid(c, "part_size_bytes", "must be at least 5242880");
	else if (in_parts && (v->size - 1) / v->part + 1 != v->parts)
		connect_invalid(c, "total_parts",
				"must be size_bytes by part_size_bytes, rounded up");
	else if (!store_video_add(c->serve->store, v) || !store_upload_add(c->serve->store, &u))
		connect_error(c, 500, "internal", "internal_error",
			      "the upload could not be recorded");
	c->serve->stats.uploads += !c->status;
	return !c->status;
}

void
video_create(struct call *c, struct span request)
{
	struct video v;
	if (make(c, request, false, &v)) {
		struct buf path = {0}, url = {0}, video = {0}, out = {0};
		int64_t until = url_end(c);
		buf_fmt(&path, "/upload/%s", v.name);
		upload_url(c, &url, "PUT", buf_cstr(&path), until);
		video_write(c, &video, &v);
		json_open(&out);
		json_raw(&out, "video", buf_all(&video));
		json_str(&out, "upload_url", buf_all(&url));
		transcodely_time(&out, "upload_expires_at", until);
		json_close(&out);
		connect_reply(c, buf_all(&out));
		buf_free(&path), buf_free(&url), buf_free(&video), buf_free(&out);
	}
	video_free(&v);
}

static void
add_url(struct call *c, struct buf *list, const struct video *v, long n, int64_t until)
{
	struct buf path = {0}, url = {0};
	buf_fmt(&path, "/part/%s/%ld", v->id, n);
	upload_url(c, &url, "PUT", buf_cstr(&path), until);
	if (list->n > 1)
		buf_ch(list, ',');
	json_open(list);
	json_int(list, "part_number", n);
	json_str(list, "upload_url", buf_all(&url));
	json_close(list);
	buf_free(&path), buf_free(&url);
}

void
video_create_parts(struct call *c, struct span request)
{
	struct video v;
	if (make(c, request, true, &v)) {
		struct buf list = {0}, video = {0}, out = {0};
		int64_t until = url_end(c);
		buf_ch(&list, '[');
		for (long n = 1; n <= v.parts && n <= FIRST_URLS; n++)
			add_url(c, &list, &v, n, until);
		buf_ch(&list, ']');
		video_write(c, &video, &v);
		json_open(&out);
		json_raw(&out, "video", buf_all(&video));
		json_str(&out, "upload_id", span_of(v.upload));
		json_raw(&out, "parts", buf_all(&list));
		transcodely_time(&out, "urls_expire_at", until);
		json_close(&out);
		connect_reply(c, buf_all(&out));
		buf_free(&list), buf_free(&video), buf_free(&out);
	}
	video_free(&v);
}

void
video_part_urls(struct call *c, struct span request)
{
	struct video v;
	struct span numbers, key, value;
	struct buf list = {0}, out = {0};
	int64_t until = url_end(c);
	if (!video_find(c, request, &v))
		return;
	c->serve->stats.resumes++;
	json_get(request, "part_numbers", &numbers);
	buf_ch(&list, '[');
	for (struct json_iter it = json_each(numbers); json_next(&it, &key, &value);) {
		double n = 0;
		json_number(value, &n);
		if (n <= (double)v.parts)
			add_url(c, &list, &v, (long)n, until);
	}
	buf_ch(&list, ']');
	json_open(&out);
	json_raw(&out, "parts", buf_all(&list));
	transcodely_time(&out, "urls_expire_at", until);
	json_close(&out);
	if (strcmp(v.status, "uploading") == 0)
		connect_reply(c, buf_all(&out));
	else
		connect_error(c, 400, "failed_precondition", "upload_completed", "video %s is %s",
			      v.id, v.status);
	buf_free(&list), buf_free(&out);
	video_free(&v);
}

/* Make the job that an upload starts by itself, with the app's default outputs. */
static void
start(struct call *c, struct video *v)
{
	struct buf text = {0}, request = {0}, from = {0};
	struct violations wrong = {0};
	struct job j;
	buf_fmt(&from, UPLOAD_URL "%s", v->name);
	buf_fmt(&text, "{\"input_url\":\"%s\",\"managed\":true,\"app_id\":", buf_cstr(&from));
	json_quote(&text, span_of(v->app));
	buf_str(&text, ",\"outputs\":[{\"type\":\"mp4\",\"video\":[{\"codec\":\"h264\","
		       "\"resolution\":\"1080p\","
		       "\"quality\":\"standard\"}]}]}");
	proto_read(buf_all(&text), &rules_create, &request, &wrong);
	create_begin(&j, API_TRANSCODELY, buf_all(&request));
	if (store_upload_confirm(c->serve->store, v->name) &&
	    transcodely_start(c, buf_all(&request), buf_cstr(&from), &j)) {
		free(v->job);
		free(v->status);
		v->job = mem_dup(span_of(j.id));
		v->status = mem_dup(span_of("processing"));
		store_video_status(c->serve->store, v->id, v->status, v->job);
		c->serve->stats.confirms++;
		video_reply(c, v);
	}
	violations_free(&wrong);
	job_free(&j);
	buf_free(&text), buf_free(&request), buf_free(&from);
}

static bool
is_there(struct call *c, const struct video *v)
{
	struct buf path = {0};
	struct stat st;
	take_path(c, &path, v->name);
	bool there = stat(buf_cstr(&path), &st) == 0 && st.st_size == (off_t)v->size;
	buf_free(&path);
	return there;
}

void
video_complete(struct call *c, struct span request)
{
	struct video v;
	if (!video_find(c, request, &v))
		return;
	if (strcmp(v.status, "uploading") != 0)
		connect_error(c, 400, "failed_precondition", "upload_completed", "video %s is %s",
			      v.id, v.status);
	else if (!is_there(c, &v))
		connect_error(c, 400, "failed_precondition", "upload_incomplete",
			      "nothing was put at the upload URL");
	else
		start(c, &v);
	video_free(&v);
}

/* Return true if the request names each part, in order, with its ETag. */
static bool
parts_match(struct call *c, const struct video *v, struct span list)
{
	struct span key, part;
	long n = 0;
	for (struct json_iter it = json_each(list); json_next(&it, &key, &part);) {
		char *given = connect_text(part, "etag"),
		     *ours = store_part(c->serve->store, v->id, ++n);
		bool same = (long)json_count_of(part, "part_number", 0) == n && given && ours &&
			    strcmp(given, ours) == 0;
		free(given);
		free(ours);
		if (!same)
			return false;
	}
	return n == v->parts;
}

void
video_complete_parts(struct call *c, struct span request)
{
	struct video v;
	struct span list;
	if (!video_find(c, request, &v))
		return;
	json_get(request, "parts", &list);
	if (strcmp(v.status, "uploading") != 0) {
		connect_error(c, 400, "failed_precondition", "upload_completed", "video %s is %s",
			      v.id, v.status);
	} else if (!parts_match(c, &v, list)) {
		connect_error(c, 400, "invalid_argument", "invalid_part",
			      "a part is missing, or has another ETag");
	} else if (!video_parts_join(c, &v)) {
		connect_error(c, 500, "internal", "internal_error",
			      "the parts could not be put together");
	} else {
		start(c, &v);
		video_parts_drop(c, &v);
	}
	video_free(&v);
}

void
video_abort(struct call *c, struct span request)
{
	struct video v;
	if (!video_find(c, request, &v))
		return;
	if (strcmp(v.status, "uploading") == 0) {
		video_parts_drop(c, &v);
		store_video_gone(c->serve->store, v.id);
		connect_reply(c, span_of("{}"));
	} else {
		connect_error(c, 400, "failed_precondition", "upload_completed", "video %s is %s",
			      v.id, v.status);
	}
	video_free(&v);
}

void
video_get(struct call *c, struct span request)
{
	struct video v;
	if (!video_find(c, request, &v))
		return;
	c->serve->stats.resumes++;
	video_reply(c, &v);
	video_free(&v);
}
