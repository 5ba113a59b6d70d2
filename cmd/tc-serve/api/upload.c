#include "api/upload.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api/micro_response.h"
#include "base/clock.h"
#include "base/date.h"
#include "encode/media.h"
#include "http/call.h"
#include "http/sign.h"
#include "http/take.h"
#include "serve.h"
#include "store/store.h"
#include "json/json.h"

#define MAX_UPLOAD 1900000000.0 /* 1.9 GB */
#define UPLOAD_TTL (900 * SECOND)

void
upload_server_name(struct buf *out, const char *filename)
{
	const char *slash = strrchr(filename, '/'), *p = slash ? slash + 1 : filename;
	size_t n = strlen(p);
	random_hex(out, 8);
	buf_ch(out, '-');
	for (p += n > 100 ? n - 100 : 0; *p; p++) {
		const char one[] = {*p, '\0'};
		buf_ch(out, *p == '.' || media_upload_name(one) ? *p : '_');
	}
}

static bool
read_text(struct call *c, struct span body, const char *name, char **text)
{
	*text = json_text_of(body, name);
	if (*text && **text)
		return true;
	micro_error(c, 400, "Validation failed", "%s is required and must be a string", name);
	return false;
}

static bool
read_size(struct call *c, struct span body, double *size)
{
	struct span v;
	if (json_get(body, "fileSize", &v) == 1 && json_number(v, size) && *size >= 1 &&
	    *size <= MAX_UPLOAD)
		return true;
	micro_error(c, 400, "Validation failed",
		    "fileSize must be a number from 1 to 1900000000 (not a string)");
	return false;
}

/* Check that the service accepts this type. */
static bool
check_type(struct call *c, const char *type)
{
	static const char *const types[] = {"video/mp4",       "video/webm", "video/avi",
					    "video/quicktime", "video/mkv",  "audio/mpeg",
					    "audio/wav",       "audio/flac", "audio/aac"};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	micro_error(c, 400, "Validation failed",
		    "contentType must be one of video/mp4, video/webm, video/avi,"
		    " video/quicktime, video/mkv, audio/mpeg, audio/wav, audio/flac, audio/aac");
	return false;
}

static void
succeed(struct call *c, const struct buf *result)
{
	struct buf *out = call_json(c, 200);
	json_open(out);
	json_bool(out, "success", true);
	json_raw(out, "result", buf_all(result));
	json_close(out);
}

void
upload_url(struct call *c, struct buf *out, const char *method, const char *path, int64_t until)
{
	struct buf sig = {0};
	sign_path(&sig, buf_all(&c->serve->secret), method, span_of(path), until / SECOND);
	call_base(c, out);
	buf_fmt(out, "%s?expires=%lld&sig=%s", path, (long long)(until / SECOND), buf_cstr(&sig));
	buf_free(&sig);
}

static void
presigned(struct call *c, const char *name)
{
	int64_t ttl = c->serve->cfg.url_ttl, until = clock_wall() + (ttl ? ttl : UPLOAD_TTL);
	struct buf path = {0}, url = {0}, iso = {0}, result = {0};
	buf_fmt(&path, "/upload/%s", name);
	upload_url(c, &url, "PUT", buf_cstr(&path), until);
	date_rfc3339_ms(&iso, until);
	json_open(&result);
	json_str(&result, "uploadUrl", buf_all(&url));
	json_str(&result, "filename", span_of(name));
	json_str(&result, "expiresAt", buf_all(&iso));
	json_close(&result);
	succeed(c, &result);
	buf_free(&path);
	buf_free(&url);
	buf_free(&iso);
	buf_free(&result);
}

void
upload_presign(struct call *c, struct span body)
{
	char *filename = NULL, *type = NULL;
	double size = 0;
	struct buf name = {0};
	if (read_text(c, body, "filename", &filename) && read_text(c, body, "contentType", &type) &&
	    check_type(c, type) && read_size(c, body, &size)) {
		upload_server_name(&name, filename);
		struct upload u = {.name = (char *)(uintptr_t)buf_cstr(&name),
				   .type = type,
				   .size = (int64_t)size};
		if (store_upload_add(c->serve->store, &u)) {
			c->serve->stats.uploads++;
			presigned(c, u.name);
		} else {
			micro_error(c, 500, "Internal error", "the upload could not be recorded");
		}
	}
	free(filename);
	free(type);
	buf_free(&name);
}

static void
confirmed(struct call *c, const struct upload *u)
{
	struct buf url = {0}, iso = {0}, result = {0};
	buf_fmt(&url, UPLOAD_URL "%s", u->name);
	date_rfc3339_ms(&iso, clock_wall());
	json_open(&result);
	json_str(&result, "fileUrl", buf_all(&url));
	json_str(&result, "filename", span_of(u->name));
	json_int(&result, "fileSize", u->size);
	json_str(&result, "uploadedAt", buf_all(&iso));
	json_close(&result);
	succeed(c, &result);
	buf_free(&url);
	buf_free(&iso);
	buf_free(&result);
}

void
upload_confirm(struct call *c, struct span body)
{
	char *name = NULL;
	double size = 0;
	struct upload u = {0};
	struct buf path = {0};
	struct stat st;
	if (!read_text(c, body, "filename", &name) || !read_size(c, body, &size)) {
		free(name);
		return;
	}
	if (!media_upload_name(name) || !store_upload(c->serve->store, name, &u)) {
		micro_error(c, 404, "Upload not found", NULL);
	} else {
		take_path(c, &path, name);
		if (stat(buf_cstr(&path), &st) != 0)
			micro_error(c, 400, "Upload incomplete",
				    "nothing was put at the upload URL");
		else if (st.st_size != (off_t)size)
			micro_error(c, 400, "Validation failed",
				    "fileSize is %.0f but %lld bytes were put", size,
				    (long long)st.st_size);
		else if (store_upload_confirm(c->serve->store, name)) {
			c->serve->stats.confirms += !u.confirmed;
			confirmed(c, &u);
		} else
			micro_error(c, 500, "Internal error", "the upload could not be recorded");
	}
	buf_free(&path);
	upload_free(&u);
	free(name);
}

static void
upload_end(struct call *c)
{
	struct buf path = {0};
	take_path(c, &path, c->path + strlen("/upload/"));
	if (c->put_size != c->put_max)
		micro_error(c, 400, "Fewer bytes than the fileSize announced", NULL);
	else if (take_keep(c, buf_cstr(&path)))
		c->status = 200;
	buf_free(&path);
}

void
upload_begin(struct call *c)
{
	struct upload u = {0};
	const char *name = c->path + strlen("/upload/"), *type = call_header(c, "Content-Type");
	if (!media_upload_name(name) || !call_permitted(c, "PUT") ||
	    !store_upload(c->serve->store, name, &u)) {
		micro_error(c, 403, "The URL has expired or its signature is wrong", NULL);
		return;
	}
	if (!type || strcmp(type, u.type) != 0)
		micro_error(c, 403, "The signature is for another Content-Type", "%s", u.type);
	else
		take_new(c, u.size, upload_end);
	upload_free(&u);
}
