#include "api/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "http/call.h"
#include "http/http.h"
#include "serve.h"

void
object_refuse(struct call *c, int status, const char *code)
{
	buf_fmt(call_json(c, status),
		"<?xml version=\"1.0\"?>\n<Error><Code>%s</Code><Message>%s</Message></Error>",
		code, code);
	c->type = "application/xml";
}

int64_t
object_length(struct call *c)
{
	const char *length = call_header(c, "Content-Length"),
		   *hash = call_header(c, "x-amz-content-sha256"),
		   *decoded = call_header(c, "x-amz-decoded-content-length");
	c->put_chunked = hash && decoded && strncmp(hash, "STREAMING-", 10) == 0;
	if (c->put_chunked)
		length = decoded;
	return length ? strtoll(length, NULL, 10) : 0;
}

bool
object_path_in(const struct call *c, struct buf *out, struct span bucket, const char *key)
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
object_path(const struct call *c, struct buf *out)
{
	struct buf below = {0};
	size_t n = strcspn(c->path + 1, "/");
	bool ok = c->path[1 + n] &&
		  object_path_in(c, &below, (struct span){c->path + 1, n}, c->path + n + 2);
	buf_fmt(out, "%s/%s", c->serve->dir, buf_cstr(&below));
	buf_free(&below);
	return ok;
}

bool
object_etag_path(const struct call *c, struct buf *out)
{
	bool ok = object_path(c, out);
	buf_str(out, "@etag");
	return ok;
}

void
object_set_etag(const struct call *c, struct span etag)
{
	struct buf path = {0};
	int fd = object_etag_path(c, &path)
			 ? open(buf_cstr(&path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)
			 : -1;
	if (fd >= 0) {
		(void)io_write_all(fd, etag, NULL); /* without one the file's own is sent */
		close(fd);
	}
	buf_free(&path);
}
