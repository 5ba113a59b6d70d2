#include "http/storage.h"

#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "base/xml.h"
#include "http/http.h"

static const char *
env(const char *name)
{
	const char *v = getenv(name);
	return v && *v ? v : NULL;
}

/*
 * Return a key from the environment, or NULL with the reason. It becomes a
 * header, so it must be one line of text.
 */
static const char *
secret(const char *name, struct buf *why)
{
	const char *v = env(name);
	os_private();
	if (!v)
		buf_fmt(why, "set %s", name);
	else if (strpbrk(v, "\r\n"))
		buf_fmt(why, "%s: contains a line end", name);
	return v && !strpbrk(v, "\r\n") ? v : NULL;
}

static char *
line(const char *before, const char *value)
{
	struct buf b = {0};
	buf_fmt(&b, "%s%s", before, value);
	char *text = mem_dup(buf_all(&b));
	buf_free(&b);
	return text;
}

static bool
read_endpoint(struct storage *s, const char *name, struct buf *why)
{
	const char *url = env(name);
	if (!url)
		return true;
	const char *problem = http_url_problem(url);
	if (!problem && strncmp(url, "https://", 8) != 0 && !http_url_loopback(url))
		problem = "a key is not sent over plain http: use https";
	if (problem) {
		buf_fmt(why, "%s: %s", name, problem);
		return false;
	}
	size_t n = strlen(url);
	while (n && url[n - 1] == '/')
		n--;
	s->endpoint = mem_dup((struct span){url, n});
	return true;
}

static bool
read_amazon(struct storage *s, struct buf *why)
{
	struct buf text = {0};
	const char *region = env("AWS_REGION") ? env("AWS_REGION") : env("AWS_DEFAULT_REGION");
	const char *id = secret("AWS_ACCESS_KEY_ID", why),
		   *key = id ? secret("AWS_SECRET_ACCESS_KEY", why) : NULL;
	bool session = env("AWS_SESSION_TOKEN") != NULL;
	const char *token = key && session ? secret("AWS_SESSION_TOKEN", why) : NULL;
	if (!key || (session && !token))
		return false;
	s->region = mem_dup(span_of(region ? region : "us-east-1"));
	buf_fmt(&text, "%s:%s", id, key);
	s->userpwd = mem_dup(buf_all(&text));
	text.n = 0;
	buf_fmt(&text, "aws:amz:%s:s3", s->region);
	s->sigv4 = mem_dup(buf_all(&text));
	buf_free(&text);
	/* a file is hashed while it is sent, too late for the signature */
	s->header[0] = line("x-amz-content-sha256: ", "UNSIGNED-PAYLOAD");
	s->header[1] = token ? line("x-amz-security-token: ", token) : NULL;
	return read_endpoint(
		s, env("AWS_ENDPOINT_URL_S3") ? "AWS_ENDPOINT_URL_S3" : "AWS_ENDPOINT_URL", why);
}

bool
storage_open(struct storage *s, bool google, struct buf *why)
{
	*s = (struct storage){.google = google};
	if (!google)
		return read_amazon(s, why);
	const char *token = secret("GOOGLE_ACCESS_TOKEN", why);
	if (!token)
		return false;
	s->header[0] = line("Authorization: Bearer ", token);
	return read_endpoint(s, "STORAGE_EMULATOR_HOST", why);
}

void
storage_free(struct storage *s)
{
	free(s->endpoint);
	free(s->region);
	free(s->userpwd);
	free(s->sigv4);
	free(s->header[0]);
	free(s->header[1]);
	*s = (struct storage){0};
}

bool
storage_says(const struct http_response *r, const char *const *codes)
{
	struct span code = xml_text(buf_all(&r->body), "Code");
	while (*codes && !span_is(code, *codes))
		codes++;
	return *codes;
}

bool
storage_refuses_key(const struct http_response *r)
{
	static const char *const codes[] = {"ExpiredToken",          "InvalidToken",
					    "TokenRefreshRequired",  "InvalidAccessKeyId",
					    "SignatureDoesNotMatch", NULL};
	return r->status == 401 || (r->status >= 400 && storage_says(r, codes));
}

void
storage_url(const struct storage *s, struct span bucket, struct span key, struct buf *url)
{
	if (s->google) {
		buf_fmt(url, "%s/storage/v1/b/%.*s/o/",
			s->endpoint ? s->endpoint : "https://storage.googleapis.com", (int)bucket.n,
			bucket.p);
		http_escape(url, key);
		buf_str(url, "?alt=media");
		return;
	}
	if (s->endpoint)
		buf_fmt(url, "%s/%.*s", s->endpoint, (int)bucket.n, bucket.p);
	else if (memchr(bucket.p, '.', bucket.n)) /* no certificate covers it */
		buf_fmt(url, "https://s3.%s.amazonaws.com/%.*s", s->region, (int)bucket.n,
			bucket.p);
	else
		buf_fmt(url, "https://%.*s.s3.%s.amazonaws.com", (int)bucket.n, bucket.p,
			s->region);
	buf_ch(url, '/');
	http_escape_path(url, key);
}
