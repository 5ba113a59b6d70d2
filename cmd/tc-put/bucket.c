/* --to: objects in a bucket of the user's own, on S3 and what is like it, or Google Cloud Storage. */
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "put.h"

/* What one PUT can carry to S3. */
#define PUT_MAX ((int64_t)5 << 30)

struct bucket {
	bool google;
	const char *template; /* behind the scheme */
	struct template path;
	char *endpoint; /* without a '/' at its end; NULL: the service's own */
	char *region, *userpwd, *sigv4, *token;
};

static const char *
env(const char *name)
{
	const char *v = getenv(name);
	return v && *v ? v : NULL;
}

/* A key is one line of text: it becomes a header. */
static char *
secret(const char *name)
{
	const char *v = env(name);
	if (!v)
		msg_die(EXIT_BAD_CONFIG, "--to %s: set %s", put_options.to, name);
	if (strpbrk(v, "\r\n"))
		msg_die(EXIT_BAD_CONFIG, "%s: has a line end in it", name);
	return mem_dup(span_of(v));
}

static void
read_endpoint(struct bucket *b, const char *name)
{
	const char *url = env(name);
	if (!url)
		return;
	const char *why = http_url_problem(url);
	if (why)
		msg_die(EXIT_BAD_CONFIG, "%s: %s", name, why);
	if (strncmp(url, "https://", 8) != 0 && !http_url_loopback(url))
		msg_die(EXIT_BAD_CONFIG, "%s: a key is not sent over plain http: use https", name);
	size_t n = strlen(url);
	while (n && url[n - 1] == '/')
		n--;
	b->endpoint = mem_dup((struct span){url, n});
}

static void
read_amazon(struct bucket *b)
{
	struct buf text = {0};
	const char *region = env("AWS_REGION") ? env("AWS_REGION") : env("AWS_DEFAULT_REGION");
	char *id = secret("AWS_ACCESS_KEY_ID"), *key = secret("AWS_SECRET_ACCESS_KEY");
	b->region = mem_dup(span_of(region ? region : "us-east-1"));
	buf_fmt(&text, "%s:%s", id, key);
	b->userpwd = mem_dup(buf_all(&text));
	text.n = 0;
	buf_fmt(&text, "aws:amz:%s:s3", b->region);
	b->sigv4 = mem_dup(buf_all(&text));
	b->token = env("AWS_SESSION_TOKEN") ? secret("AWS_SESSION_TOKEN") : NULL;
	read_endpoint(b, env("AWS_ENDPOINT_URL_S3") ? "AWS_ENDPOINT_URL_S3" : "AWS_ENDPOINT_URL");
	buf_free(&text);
	free(id);
	free(key);
}

struct bucket *
bucket_open(void)
{
	const char *to = put_options.to;
	struct bucket *b = mem_zero(sizeof *b);
	b->google = strncmp(to, "gs://", 5) == 0;
	if (!b->google && strncmp(to, "s3://", 5) != 0)
		opt_usage("--to %s: expected s3://BUCKET/KEY or gs://BUCKET/KEY, with names such as {basename} in the "
			  "key",
			  to);
	b->template = to + 5;
	const char *slash = strchr(b->template, '/');
	if (!slash || slash == b->template || !slash[1] || memchr(b->template, '{', (size_t)(slash - b->template)))
		opt_usage("--to %s: expected a bucket, a slash and a key such as {basename}", to);
	template_parse(&b->path, slash + 1, TEMPLATE_SOURCE);
	if (b->google) {
		b->token = secret("GOOGLE_ACCESS_TOKEN");
		read_endpoint(b, "STORAGE_EMULATOR_HOST");
	} else {
		read_amazon(b);
	}
	return b;
}

void
bucket_free(struct bucket *b)
{
	if (!b)
		return;
	template_free(&b->path);
	free(b->endpoint);
	free(b->region);
	free(b->userpwd);
	free(b->sigv4);
	free(b->token);
	free(b);
}

const char *
bucket_target(const struct bucket *b)
{
	return b->endpoint ? b->endpoint : b->google ? "gs" : b->region;
}

/* The key as it is stored: no empty component, none that is "."; false for one that is "..". */
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

/* Percent-encodes a key, but for its slashes. */
static void
add_path(struct buf *url, struct span key)
{
	for (size_t at = 0, n; at < key.n; at += n + 1) {
		const char *slash = memchr(key.p + at, '/', key.n - at);
		n = slash ? (size_t)(slash - key.p) - at : key.n - at;
		buf_ch(url, '/');
		http_escape(url, (struct span){key.p + at, n});
	}
}

static char *
object_url(const struct bucket *b, struct span name, struct span key)
{
	struct buf url = {0};
	if (b->google) {
		buf_fmt(&url, "%s/upload/storage/v1/b/%.*s/o?uploadType=resumable&name=",
			b->endpoint ? b->endpoint : "https://storage.googleapis.com", (int)name.n, name.p);
		http_escape(&url, key);
	} else {
		if (b->endpoint)
			buf_fmt(&url, "%s/%.*s", b->endpoint, (int)name.n, name.p);
		else if (memchr(name.p, '.', name.n)) /* no certificate is for it */
			buf_fmt(&url, "https://s3.%s.amazonaws.com/%.*s", b->region, (int)name.n, name.p);
		else
			buf_fmt(&url, "https://%.*s.s3.%s.amazonaws.com", (int)name.n, name.p, b->region);
		add_path(&url, key);
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
	struct template_args args = {
		.source = span_of(u->path), .index = u->step.item.index, .objects = {u->line.value}};
	const char *why = template_expand(&b->path, &args, &key, &fill);
	if (why)
		failure_set(e, "invalid_input", false, "--to: %.*s: %s", (int)fill.n, fill.p, why);
	else if (!normalize(&key))
		failure_set(e, "invalid_input", false,
			    "%s: the object's name would be empty, or have \"..\" in it: use {basename}", u->path);
	else if (!b->google && u->source.size > PUT_MAX)
		failure_set(e, "invalid_input", false, "%s: over 5 GiB, which one PUT to S3 cannot carry", u->path);
	buf_fmt(&location, "%s://%.*s/%.*s", b->google ? "gs" : "s3", (int)name.n, name.p, (int)key.n,
		key.p ? key.p : "");
	if (!e->code && !u->location &&
	    !keybook_note(&u->put->objects, buf_all(&location), span_of(u->path), u->step.item.index, &first))
		failure_set(e, "invalid_input", false, "%s: %s is where line %zu goes: put {dir} or {index} into --to",
			    u->path, buf_cstr(&location), first + 1);
	if (!e->code) {
		free(u->location);
		u->location = mem_dup(buf_all(&location));
		free(u->url);
		u->url = mem_dup(buf_all(&location));
		u->kind = b->google ? UPLOAD_RESUMABLE : UPLOAD_PUT;
		u->remote.url = object_url(b, name, buf_all(&key));
		u->remote.begun = true;
	}
	buf_free(&key);
	buf_free(&location);
	return !e->code;
}

void
bucket_sign(const struct upload *u, struct http_stream *s, struct strings *headers)
{
	const struct bucket *b = u->put->bucket;
	struct buf line = {0};
	if (b->google && u->phase == PHASE_CREATE) {
		buf_fmt(&line, "Authorization: Bearer %s", b->token);
		strings_add(headers, mem_dup(buf_all(&line)));
	}
	if (!b->google) {
		s->sigv4 = b->sigv4;
		s->userpwd = b->userpwd;
		/* the file is hashed while it is sent, too late for the signature */
		strings_add(headers, mem_dup(span_of("x-amz-content-sha256: UNSIGNED-PAYLOAD")));
		if (b->token) {
			buf_fmt(&line, "x-amz-security-token: %s", b->token);
			strings_add(headers, mem_dup(buf_all(&line)));
		}
	}
	buf_free(&line);
}
