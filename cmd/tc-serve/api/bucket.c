#include "api/bucket.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/multipart.h"
#include "api/object.h"
#include "api/session.h"
#include "api/sigv4.h"
#include "http/call.h"
#include "http/download.h"
#include "http/sign.h"
#include "http/take.h"
#include "serve.h"
#include "store/store.h"

enum { ETAG_MAX = 64 };

static const char google[] = "/upload/storage/v1/b/";

bool
bucket_is_google(const struct call *c)
{
	return strcmp(c->method, "POST") == 0 && strncmp(c->path, google, sizeof google - 1) == 0;
}

static void
put_end(struct call *c)
{
	struct buf path = {0}, etag = {0};
	take_etag(c, &etag);
	if (c->put_size != c->put_max) {
		object_refuse(c, 400, "IncompleteBody");
	} else if (object_path(c, &path) && take_keep(c, buf_cstr(&path))) {
		c->status = 200;
		c->serve->stats.confirms++;
		object_set_etag(c, buf_all(&etag));
		call_set(c, "ETag", "%s", buf_cstr(&etag));
	}
	buf_free(&path), buf_free(&etag);
}

void
bucket_begin(struct call *c)
{
	const char *why = sigv4_error(c);
	struct buf path = {0};
	c->keeps_body = !why;
	if (why)
		object_refuse(c, 403, why);
	else if (!object_path(c, &path))
		object_refuse(c, 501, "NotImplemented"); /* calls about a bucket as a whole */
	else if (multipart_is(c) && strcmp(c->method, "PUT") == 0)
		multipart_begin(c);
	else if (strcmp(c->method, "PUT") == 0)
		take_new(c, object_length(c), put_end);
	buf_free(&path);
}

static void
get(struct call *c)
{
	struct buf path = {0}, etag = {0}, beside = {0};
	int fd = object_path(c, &path) ? open(buf_cstr(&path), O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0 && object_etag_path(c, &beside) &&
	    buf_read_file(&etag, buf_cstr(&beside), ETAG_MAX) == 0)
		c->file_etag = buf_take(&etag);
	if (fd >= 0)
		download_send(c, fd, "application/octet-stream");
	else
		object_refuse(c, 404, "NoSuchKey");
	buf_free(&path), buf_free(&etag), buf_free(&beside);
}

/* Remove an object. A missing object is not an error. */
static void
delete_object(struct call *c)
{
	struct buf path = {0}, etag = {0};
	if (object_path(c, &path) && object_etag_path(c, &etag)) {
		(void)unlink(buf_cstr(&path));
		(void)unlink(buf_cstr(&etag));
	}
	c->status = 204;
	buf_free(&path), buf_free(&etag);
}

void
bucket_call(struct call *c)
{
	if (multipart_is(c))
		multipart_call(c);
	else if (strcmp(c->method, "DELETE") == 0)
		delete_object(c);
	else if (strcmp(c->method, "GET") == 0 || strcmp(c->method, "HEAD") == 0)
		get(c);
	else
		object_refuse(c, 501, "NotImplemented");
}

void
bucket_session(struct call *c)
{
	const char *bucket = c->path + sizeof google - 1, *key = call_arg(c, "name"),
		   *length = call_header(c, "X-Upload-Content-Length");
	struct buf name = {0}, path = {0};
	buf_str(&name, "o-");
	random_hex(&name, 8);
	if (!key || !length ||
	    !object_path_in(c, &path, (struct span){bucket, strcspn(bucket, "/")}, key)) {
		object_refuse(c, 400, "InvalidArgument");
	} else {
		struct upload u = {.name = (char *)(uintptr_t)buf_cstr(&name),
				   .type = (char *)(uintptr_t)buf_cstr(&path),
				   .size = strtoll(length, NULL, 10)};
		if (store_upload_add(c->serve->store, &u)) {
			c->serve->stats.uploads++;
			session_reply(c, u.name);
		} else {
			object_refuse(c, 500, "InternalError");
		}
	}
	buf_free(&name), buf_free(&path);
}
