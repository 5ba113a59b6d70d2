#include "api/bucket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/multipart.h"
#include "api/session.h"
#include "api/sigv4.h"
#include "base/io.h"
#include "http/call.h"
#include "http/download.h"
#include "http/http.h"
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

void
bucket_refuse(struct call *c, int status, const char *code)
{
	buf_fmt(call_json(c, status),
		"<?xml version=\"1.0\"?>\n<Error><Code>%s</Code><Message>%s</Message></Error>",
		code, code);
	c->type = "application/xml";
}

int64_t
bucket_length(struct call *c)
{
	const char *length = call_header(c, "Content-Length"),
		   *hash = call_header(c, "x-amz-content-sha256"),
		   *decoded = call_header(c, "x-amz-decoded-content-length");
	c->put_chunked = hash && decoded && strncmp(hash, "STREAMING-", 10) == 0;
	if (c->put_chunked)
		length = decoded;
	return length ? strtoll(length, NULL, 10) : 0;
}

/* buckets/BUCKET/KEY, the key as one name; its directory is made. False: there is no key. */
static bool
object_path(const struct call *c, struct buf *out, struct span bucket, const char *key)
{
	struct buf dir = {0};
	if (!bucket.n || !*key || *bucket.p == '.')
		return false;
	buf_fmt(&dir, "%s/buckets", c->serve->dir);
	mkdir(buf_cstr(&dir), 0700);
	buf_fmt(&dir, "/%.*s", (int)bucket.n, bucket.p);
	bool ok = mkdir(buf_cstr(&dir), 0700) == 0 || errno == EEXIST;
	buf_fmt(out, "buckets/%.*s/", (int)bucket.n, bucket.p);
	http_escape(out, span_of(key));
	buf_free(&dir);
	return ok;
}

bool
bucket_path(const struct call *c, struct buf *out)
{
	struct buf below = {0};
	size_t n = strcspn(c->path + 1, "/");
	bool ok = c->path[1 + n] &&
		  object_path(c, &below, (struct span){c->path + 1, n}, c->path + n + 2);
	buf_fmt(out, "%s/%s", c->serve->dir, buf_cstr(&below));
	buf_free(&below);
	return ok;
}

/* Where its ETag is: no key is stored under such a name, for that would be escaped. */
static bool
etag_path(const struct call *c, struct buf *out)
{
	bool ok = bucket_path(c, out);
	buf_str(out, "@etag");
	return ok;
}

void
bucket_set_etag(const struct call *c, struct span etag)
{
	struct buf path = {0};
	int fd = etag_path(c, &path)
			 ? open(buf_cstr(&path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)
			 : -1;
	if (fd >= 0) {
		(void)io_write_all(fd, etag, NULL); /* without one the file's own is sent */
		close(fd);
	}
	buf_free(&path);
}

static void
put_end(struct call *c)
{
	struct buf path = {0}, etag = {0};
	take_etag(c, &etag);
	if (c->put_size != c->put_max) {
		bucket_refuse(c, 400, "IncompleteBody");
	} else if (bucket_path(c, &path) && take_keep(c, buf_cstr(&path))) {
		c->status = 200;
		c->serve->stats.confirms++;
		bucket_set_etag(c, buf_all(&etag));
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
		bucket_refuse(c, 403, why);
	else if (!bucket_path(c, &path))
		bucket_refuse(c, 501, "NotImplemented"); /* calls about a bucket as a whole */
	else if (multipart_is(c) && strcmp(c->method, "PUT") == 0)
		multipart_begin(c);
	else if (strcmp(c->method, "PUT") == 0)
		take_new(c, bucket_length(c), put_end);
	buf_free(&path);
}

static void
get(struct call *c)
{
	struct buf path = {0}, etag = {0}, beside = {0};
	int fd = bucket_path(c, &path) ? open(buf_cstr(&path), O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0 && etag_path(c, &beside) &&
	    buf_read_file(&etag, buf_cstr(&beside), ETAG_MAX) == 0)
		c->file_etag = buf_take(&etag);
	if (fd >= 0)
		download_send(c, fd, "application/octet-stream");
	else
		bucket_refuse(c, 404, "NoSuchKey");
	buf_free(&path), buf_free(&etag), buf_free(&beside);
}

/* Remove an object. It is no error that there is none. */
static void
delete_object(struct call *c)
{
	struct buf path = {0}, etag = {0};
	if (bucket_path(c, &path) && etag_path(c, &etag)) {
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
		bucket_refuse(c, 501, "NotImplemented");
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
	    !object_path(c, &path, (struct span){bucket, strcspn(bucket, "/")}, key)) {
		bucket_refuse(c, 400, "InvalidArgument");
	} else {
		struct upload u = {.name = (char *)(uintptr_t)buf_cstr(&name),
				   .type = (char *)(uintptr_t)buf_cstr(&path),
				   .size = strtoll(length, NULL, 10)};
		if (store_upload_add(c->serve->store, &u)) {
			c->serve->stats.uploads++;
			session_reply(c, u.name);
		} else {
			bucket_refuse(c, 500, "InternalError");
		}
	}
	buf_free(&name), buf_free(&path);
}
