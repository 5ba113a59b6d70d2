#define _XOPEN_SOURCE 700 /* realpath() */

#include "encode/media.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "encode/beneath.h"

static struct source refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static struct source
refuse(const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_vfmt(&b, fmt, ap);
	va_end(ap);
	return (struct source){.kind = SOURCE_REFUSED, .text = buf_take(&b), .fd = -1};
}

void
source_free(struct source *s)
{
	free(s->text);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct source){.fd = -1};
}

const char *
media_root(struct media *m, const char *dir)
{
	struct media_root r = {.fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	r.real = r.fd < 0 ? NULL : realpath(dir, NULL);
	if (!r.real) {
		const char *why = errno == ENOTDIR ? "not a directory" : strerror(errno);
		if (r.fd >= 0)
			close(r.fd);
		return why;
	}
	r.given = *dir == '/' ? mem_dup(span_of(dir)) : NULL;
	m->roots = mem_room(m->roots, m->n, sizeof *m->roots);
	m->roots[m->n++] = r;
	return NULL;
}

void
media_free(struct media *m)
{
	for (size_t i = 0; i < m->n; i++) {
		close(m->roots[i].fd);
		free(m->roots[i].real);
		free(m->roots[i].given);
	}
	free(m->roots);
	*m = (struct media){0};
}

/* Return the part of an absolute path after a directory, or NULL if it is not below it. */
static const char *
below(const char *path, const char *root)
{
	size_t n = root ? strlen(root) : 0;
	while (n > 1 && root[n - 1] == '/')
		n--;
	if (!n || strncmp(path, root, n) != 0 || (n > 1 && path[n] != '/'))
		return NULL;
	return path + n;
}

bool
media_upload_name(const char *name)
{
	static const char set[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	return *name && *name != '.' && name[strspn(name, set)] == '\0';
}

/* Return true if it begins with a URL scheme (RFC 3986 section 3.1). */
static bool
has_scheme(const char *url)
{
	size_t n = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
	return n > 0 && url[n] == ':';
}

static struct source
local_file(const struct media *m, const char *path)
{
	bool escaped = false;
	int why = ENOENT;
	for (size_t i = 0; i < m->n; i++) {
		const struct media_root *r = &m->roots[i];
		const char *rest = *path != '/' ? path : below(path, r->real);
		if (!rest)
			rest = below(path, r->given);
		escaped = escaped || !rest;
		int fd = rest ? beneath_open(r->fd, r->real, rest) : -1;
		if (fd >= 0)
			return (struct source){SOURCE_FILE, mem_dup(span_of(path)), fd, false};
		if (rest && errno == EXDEV)
			escaped = true;
		else if (rest && errno != ENOENT)
			why = errno;
	}
	if (has_scheme(path))
		return refuse("%s: only http, https and uploads are accepted as URLs", path);
	if (m->n == 0)
		return refuse("%s: no local files here: start tc-serve with --media DIR", path);
	if (escaped)
		return refuse("%s: outside the --media directory", path);
	if (why != ENOENT && why != EISDIR && why != ENOTDIR)
		return refuse("%s: %s", path, strerror(why));
	return refuse("%s: no such file in the --media directory", path);
}

static struct source
upload(const char *uploads, const char *url)
{
	const char *name = url + strlen(UPLOAD_URL);
	struct buf b = {0};
	if (!media_upload_name(name))
		return refuse("%s: no such upload", url);
	buf_fmt(&b, "%s/%s", uploads, name);
	/* it may not have been uploaded yet: then fd is -1 */
	int fd = open(buf_cstr(&b), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return (struct source){SOURCE_FILE, b.p, fd, true};
}

struct source
media_source(const struct media *m, const char *uploads, const char *url)
{
	if (str_starts(url, UPLOAD_URL))
		return upload(uploads, url);
	if (str_starts(url, "http://") || str_starts(url, "https://"))
		return (struct source){.kind = SOURCE_WEB, .text = mem_dup(span_of(url)), .fd = -1};
	if (str_starts(url, "gs://") || str_starts(url, "s3://"))
		return (struct source){
			.kind = SOURCE_BUCKET, .text = mem_dup(span_of(url)), .fd = -1};
	return local_file(m, url);
}
