#include "api/video.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/connect.h"
#include "api/create.h"
#include "api/protojson.h"
#include "api/transcodely.h"
#include "api/transcodely_rules.h"
#include "api/upload.h"
#include "base/clock.h"
#include "base/io.h"
#include "encode/media.h"
#include "http/call.h"
#include "http/sign.h"
#include "http/take.h"
#include "serve.h"
#include "store/store.h"
#include "json/json.h"

enum { FIRST_URLS = 50, PART_DEFAULT = 25 << 20, PART_MIN = 5 << 20, COPY_BYTES = 256 << 10 };
#define TTL (3600 * SECOND)

static int64_t
url_end(const struct call *c)
{
	return clock_wall() + (c->serve->cfg.url_ttl ? c->serve->cfg.url_ttl : TTL);
}

static long
number(struct span request, const char *name)
{
	struct span v;
	double n;
	return json_get(request, name, &v) == 1 && json_number(v, &n) ? (long)n : 0;
}

static void
add_video(struct buf *out, const struct video *v)
{
	json_open(out);
	json_str(out, "id", span_of(v->id));
	json_str(out, "app_id", span_of(v->app));
	json_str(out, "source", span_of("upload"));
	json_str(out, "status", span_of(v->status));
	json_str(out, "visibility", span_of("unlisted"));
	proto_int64(out, "input_size_bytes", v->size);
	json_str(out, "input_content_type", span_of(v->type));
	if (v->job)
		json_str(out, "job_id", span_of(v->job));
	transcodely_time(out, "created_at", v->created);
	json_str(out, "object", span_of("video"));
	json_close(out);
}

static void
reply(struct call *c, const struct video *v, const char *name, struct span value)
{
	struct buf video = {0}, out = {0};
	add_video(&video, v);
	json_open(&out);
	json_raw(&out, "video", buf_all(&video));
	if (name)
		json_raw(&out, name, value);
	json_close(&out);
	connect_reply(c, buf_all(&out));
	buf_free(&video);
	buf_free(&out);
}

/* The video that a request names; false, and answered, if there is none, or its upload is another.
 */
static bool
find(struct call *c, struct span request, struct video *v)
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
			    .size = number(request, "size_bytes"),
			    .created = clock_wall()};
	if (in_parts) {
		v->parts = number(request, "total_parts");
		v->part = number(request, "part_size_bytes");
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
		add_video(&video, &v);
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
		add_video(&video, &v);
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
	if (!find(c, request, &v))
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

static void
part_path(const struct call *c, struct buf *out, const char *video, long n)
{
	struct buf name = {0};
	buf_fmt(&name, ".%s.%ld", video, n);
	take_path(c, out, buf_cstr(&name));
	buf_free(&name);
}

/* /part/VIDEO/N: which it is; false if there is no such. */
static bool
part_of(struct call *c, struct video *v, long *n)
{
	const char *p = c->path + strlen("/part/"), *slash = strchr(p, '/');
	char *id = mem_dup((struct span){p, slash ? (size_t)(slash - p) : strlen(p)}), *end;
	*n = slash ? strtol(slash + 1, &end, 10) : 0;
	bool found = store_video(c->serve->store, id, v) && *n >= 1 && *n <= v->parts &&
		     strcmp(v->status, "uploading") == 0;
	free(id);
	if (!found)
		video_free(v);
	return found;
}

static void
part_end(struct call *c)
{
	struct video v;
	long n;
	struct buf path = {0}, etag = {0};
	if (c->put_size != c->put_max) {
		buf_str(call_json(c, 400), "{\"error\":\"fewer bytes than the part has\"}");
		return;
	}
	if (!part_of(c, &v, &n)) {
		buf_str(call_json(c, 404), "{\"error\":\"NoSuchUpload\"}");
		return;
	}
	part_path(c, &path, v.id, n);
	take_etag(c, &etag);
	if (take_keep(c, buf_cstr(&path)) &&
	    store_part_put(c->serve->store, v.id, n, buf_cstr(&etag))) {
		c->serve->stats.parts++;
		c->status = 200;
		call_set(c, "ETag", "%s", buf_cstr(&etag));
	}
	video_free(&v);
	buf_free(&path), buf_free(&etag);
}

void
video_part_begin(struct call *c)
{
	struct video v;
	long n;
	if (!upload_permitted(c, "PUT")) {
		buf_str(call_json(c, 403),
			"{\"error\":\"the URL has expired or its signature is wrong\"}");
	} else if (!part_of(c, &v, &n)) {
		buf_str(call_json(c, 404), "{\"error\":\"NoSuchUpload\"}");
	} else {
		take_new(c, n < v.parts ? v.part : v.size - (v.parts - 1) * v.part, part_end);
		video_free(&v);
	}
}

/* The job that an upload makes by itself: the app's default outputs. */
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
		reply(c, v, NULL, (struct span){0});
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
	if (!find(c, request, &v))
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

static bool
append_part(const struct call *c, int to, const char *video, long n)
{
	struct buf path = {0};
	part_path(c, &path, video, n);
	int fd = open(buf_cstr(&path), O_RDONLY | O_CLOEXEC);
	char *bytes = mem_alloc(COPY_BYTES);
	ssize_t got = -1;
	while (fd >= 0 && (got = read(fd, bytes, COPY_BYTES)) > 0)
		if (io_write_all(to, (struct span){bytes, (size_t)got}, NULL) < 0)
			break;
	if (fd >= 0)
		close(fd);
	free(bytes);
	buf_free(&path);
	return got == 0;
}

static void
drop_parts(const struct call *c, const struct video *v)
{
	for (long n = 1; n <= v->parts; n++) {
		struct buf path = {0};
		part_path(c, &path, v->id, n);
		unlink(buf_cstr(&path)); /* what is not there needs not go */
		buf_free(&path);
	}
}

/* Is each part named, in order, by the ETag that it was given? */
static bool
parts_match(struct call *c, const struct video *v, struct span list)
{
	struct span key, part;
	long n = 0;
	for (struct json_iter it = json_each(list); json_next(&it, &key, &part);) {
		char *given = connect_text(part, "etag"),
		     *ours = store_part(c->serve->store, v->id, ++n);
		bool same = number(part, "part_number") == n && given && ours &&
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
	struct buf path = {0};
	if (!find(c, request, &v))
		return;
	json_get(request, "parts", &list);
	if (strcmp(v.status, "uploading") != 0) {
		connect_error(c, 400, "failed_precondition", "upload_completed", "video %s is %s",
			      v.id, v.status);
	} else if (!parts_match(c, &v, list)) {
		connect_error(c, 400, "invalid_argument", "invalid_part",
			      "a part is missing, or has another ETag");
	} else {
		take_path(c, &path, v.name);
		int fd = open(buf_cstr(&path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		bool good = fd >= 0;
		for (long n = 1; n <= v.parts && good; n++)
			good = append_part(c, fd, v.id, n);
		if (fd >= 0)
			close(fd);
		if (good)
			start(c, &v);
		else
			connect_error(c, 500, "internal", "internal_error",
				      "the parts could not be put together");
		if (good)
			drop_parts(c, &v);
	}
	buf_free(&path);
	video_free(&v);
}

void
video_abort(struct call *c, struct span request)
{
	struct video v;
	if (!find(c, request, &v))
		return;
	if (strcmp(v.status, "uploading") == 0) {
		drop_parts(c, &v);
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
	if (!find(c, request, &v))
		return;
	c->serve->stats.resumes++;
	reply(c, &v, NULL, (struct span){0});
	video_free(&v);
}
