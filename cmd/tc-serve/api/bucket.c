#include "api/bucket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/multipart.h"
#include "api/session.h"
#include "base/digest.h"
#include "base/io.h"
#include "http/call.h"
#include "http/download.h"
#include "http/http.h"
#include "http/sign.h"
#include "http/take.h"
#include "serve.h"
#include "store/store.h"

enum { ETAG_MAX = 64 };

static const char algorithm[] = "AWS4-HMAC-SHA256 ", google[] = "/upload/storage/v1/b/";

bool
bucket_is_s3(const struct call *c)
{
	const char *h = call_header(c, "Authorization");
	return h && strncmp(h, algorithm, sizeof algorithm - 1) == 0;
}

bool
bucket_is_google(const struct call *c)
{
	return strcmp(c->method, "POST") == 0 && strncmp(c->path, google, sizeof google - 1) == 0;
}

void
bucket_refuse(struct call *c, int status, const char *code)
{
	buf_fmt(call_json(c, status), "<Error><Code>%s</Code></Error>", code);
	c->type = "application/xml";
}

/* A value out of the Authorization header, such as Signature=. */
static struct span
field(const char *header, const char *name)
{
	const char *p = strstr(header, name);
	return p ? (struct span){p + strlen(name), strcspn(p + strlen(name), ", ")}
		 : (struct span){0};
}

/* The path as it was signed: each byte but the unreserved ones and slashes encoded. */
static void
add_path(struct buf *out, const char *path)
{
	for (const char *p = path; *p; p++)
		if (*p == '/')
			buf_ch(out, '/');
		else
			http_escape(out, (struct span){p, 1});
}

/* The query as it was signed: sorted, and encoded. These are the names that are looked at. */
static void
add_query(const struct call *c, struct buf *out)
{
	static const char *const names[] = {"partNumber", "uploadId", "uploads"};
	for (size_t i = 0, n = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = call_arg(c, names[i]);
		if (!value)
			continue;
		buf_fmt(out, "%s%s=", n++ ? "&" : "", names[i]);
		http_escape(out, span_of(value));
	}
}

static void
canonical(struct call *c, struct buf *out, struct span names)
{
	const char *payload = call_header(c, "x-amz-content-sha256");
	buf_fmt(out, "%s\n", c->method);
	add_path(out, c->path);
	buf_ch(out, '\n');
	add_query(c, out);
	buf_ch(out, '\n');
	for (size_t at = 0, n; at < names.n; at += n + 1) {
		const char *semicolon = memchr(names.p + at, ';', names.n - at);
		n = semicolon ? (size_t)(semicolon - names.p) - at : names.n - at;
		char *name = mem_dup((struct span){names.p + at, n});
		const char *value = call_header(c, name);
		buf_fmt(out, "%s:%s\n", name, value ? value : "");
		free(name);
	}
	buf_fmt(out, "\n%.*s\n%s", (int)names.n, names.p, payload ? payload : "");
}

/* The key of a day, region and service, out of the secret (AWS General Reference, "Signature
 * Version 4"). */
static void
signing_key(unsigned char key[32], struct span secret, struct span scope)
{
	struct buf first = {0};
	buf_str(&first, "AWS4");
	buf_span(&first, secret);
	struct span k = buf_all(&first);
	for (size_t at = 0, n; at < scope.n; at += n + 1) {
		unsigned char next[32];
		const char *slash = memchr(scope.p + at, '/', scope.n - at);
		n = slash ? (size_t)(slash - scope.p) - at : scope.n - at;
		sha256_hmac(next, k, (struct span){scope.p + at, n});
		memcpy(key, next, sizeof next);
		k = (struct span){(const char *)key, 32};
	}
	buf_free(&first);
}

static bool
is_signed(struct call *c)
{
	const char *h = call_header(c, "Authorization"), *date = call_header(c, "x-amz-date");
	struct span credential = field(h, "Credential="), names = field(h, "SignedHeaders="),
		    sig = field(h, "Signature=");
	const char *slash = credential.n ? memchr(credential.p, '/', credential.n) : NULL;
	struct buf request = {0}, text = {0}, good = {0};
	unsigned char key[32];
	if (!slash || !date)
		return false;
	struct span scope = {slash + 1, credential.n - (size_t)(slash + 1 - credential.p)};
	canonical(c, &request, names);
	buf_fmt(&text, "AWS4-HMAC-SHA256\n%s\n%.*s\n", date, (int)scope.n, scope.p);
	sha256_hex(&text, buf_all(&request));
	signing_key(key, c->serve->key.n ? buf_all(&c->serve->key) : span_of("local"), scope);
	sha256_hmac_hex(&good, (struct span){(const char *)key, sizeof key}, buf_all(&text));
	bool same = digest_same(buf_all(&good), sig);
	buf_free(&request), buf_free(&text), buf_free(&good);
	return same;
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
	const char *length = call_header(c, "Content-Length");
	c->keeps_body = is_signed(c);
	if (!c->keeps_body)
		bucket_refuse(c, 403, "SignatureDoesNotMatch");
	else if (multipart_is(c) && strcmp(c->method, "PUT") == 0)
		multipart_begin(c);
	else if (strcmp(c->method, "PUT") == 0)
		take_new(c, length ? strtoll(length, NULL, 10) : 0, put_end);
}

void
bucket_get(struct call *c)
{
	struct buf path = {0}, etag = {0}, beside = {0};
	if (multipart_is(c)) {
		multipart_call(c);
		return;
	}
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
