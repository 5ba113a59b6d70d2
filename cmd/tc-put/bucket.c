/* --to: objects in the user's own bucket, on S3 and compatible services or Google Cloud Storage. */
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "http/storage.h"
#include "put.h"

/* The largest object on S3. */
#define OBJECT_MAX ((int64_t)5 << 40)

struct bucket {
	const char *template; /* after the scheme */
	struct template path;
	struct storage storage;
};

void
bucket_open(struct bucket **at)
{
	const char *to = put_options.to;
	struct bucket *b = *at = mem_zero(sizeof *b);
	struct buf why = {0};
	bool google = strncmp(to, "gs://", 5) == 0;
	if (!google && strncmp(to, "s3://", 5) != 0)
		opt_usage("--to %s: expected s3://BUCKET/KEY or gs://BUCKET/KEY, with names such "
			  "as {basename} in the "
			  "key",
			  to);
	b->template = to + 5;
	const char *slash = strchr(b->template, '/');
	if (!slash || slash == b->template || !slash[1] ||
	    memchr(b->template, '{', (size_t)(slash - b->template)))
		opt_usage("--to %s: expected a bucket, a slash and a key such as {basename}", to);
	template_parse(&b->path, slash + 1, TEMPLATE_SOURCE);
	if (!storage_open(&b->storage, google, &why))
		msg_die(EXIT_BAD_CONFIG, "--to %s: %s", to, buf_cstr(&why));
	buf_free(&why);
}

void
bucket_free(struct bucket *b)
{
	if (!b)
		return;
	template_free(&b->path);
	storage_free(&b->storage);
	free(b);
}

const char *
bucket_target(const struct bucket *b)
{
	const struct storage *s = &b->storage;
	return s->endpoint ? s->endpoint : s->google ? "gs" : s->region;
}

/* Remove empty components and "." from a key. Return false if it has ".." or nothing is left. */
static bool
normalize(struct buf *key)
{
	struct buf out = {0};
	bool good = true;
	for (const char *p = buf_cstr(key), *end; *p; p = end + (*end == '/')) {
		end = p + strcspn(p, "/");
		size_t n = (size_t)(end - p);
		if (n == 2 && memcmp(p, "..", 2) == 0)
			good = false;
		if (n == 0 || (n == 1 && *p == '.'))
			continue;
		buf_fmt(&out, "%s%.*s", out.n ? "/" : "", (int)n, p);
	}
	buf_free(key);
	*key = out;
	return good && key->n;
}

static char *
object_url(const struct storage *s, struct span name, struct span key)
{
	struct buf url = {0};
	if (s->google) {
		buf_fmt(&url, "%s/upload/storage/v1/b/%.*s/o?uploadType=resumable&name=",
			s->endpoint ? s->endpoint : "https://storage.googleapis.com", (int)name.n,
			name.p);
		http_escape(&url, key);
	} else {
		storage_url(s, name, key, &url);
	}
	char *text = mem_dup(buf_all(&url));
	buf_free(&url);
	return text;
}

bool
bucket_place(struct upload *u, struct failure *e)
{
	const struct bucket *b = u->put->bucket;
	struct span name = {b->template, strcspn(b->template, "/")}, fill;
	struct buf key = {0}, location = {0};
	size_t first;
	struct template_args args = {.source = span_of(u->path),
				     .index = u->step.item.index,
				     .objects = {u->line.value}};
	const char *why = template_expand(&b->path, &args, &key, &fill);
	if (why)
		failure_set(e, "invalid_input", false, "--to: %.*s: %s", (int)fill.n, fill.p, why);
	else if (!normalize(&key))
		failure_set(e, "invalid_input", false,
			    "%s: the object's name would be empty, or have \"..\" in it: use "
			    "{basename}",
			    u->path);
	else if (!b->storage.google && u->source.size > OBJECT_MAX)
		failure_set(e, "invalid_input", false, "%s: over 5 TiB, the largest object on S3",
			    u->path);
	buf_fmt(&location, "%s://%.*s/%.*s", b->storage.google ? "gs" : "s3", (int)name.n, name.p,
		(int)key.n, key.p ? key.p : "");
	if (!e->code && !u->location &&
	    !keybook_note(&u->put->objects, buf_all(&location), span_of(u->path),
			  u->step.item.index, &first))
		failure_set(e, "invalid_input", false,
			    "%s: %s is where line %zu goes: put {dir} or {index} into --to",
			    u->path, buf_cstr(&location), first + 1);
	if (!e->code) {
		free(u->location);
		u->location = mem_dup(buf_all(&location));
		free(u->url);
		u->url = mem_dup(buf_all(&location));
		u->kind = b->storage.google                  ? UPLOAD_RESUMABLE
			  : multipart_wanted(u->source.size) ? UPLOAD_PARTS
							     : UPLOAD_PUT;
		u->remote.url = object_url(&b->storage, name, buf_all(&key));
		u->remote.begun = u->kind != UPLOAD_PARTS;
	}
	buf_free(&key);
	buf_free(&location);
	return !e->code;
}

void
bucket_sign(const struct upload *u, struct http_stream *s, struct strings *headers)
{
	const struct storage *keys = &u->put->bucket->storage;
	if (keys->google && u->phase != PHASE_CREATE)
		return; /* the session's address is its key */
	s->sigv4 = keys->sigv4;
	s->userpwd = keys->userpwd;
	for (size_t i = 0; keys->header[i]; i++)
		strings_add(headers, mem_dup(span_of(keys->header[i])));
}
