#define _XOPEN_SOURCE 700 /* realpath() */

#include "media.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct source refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static struct source
refuse(const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_vfmt(&b, fmt, ap);
	va_end(ap);
	buf_cstr(&b);
	return (struct source){SOURCE_REFUSED, b.p};
}

const char *
media_root(struct media *m, const char *dir)
{
	struct stat st;
	char *root = realpath(dir, NULL);
	if (!root || stat(root, &st) != 0 || !S_ISDIR(st.st_mode)) {
		const char *why = root ? "not a directory" : strerror(errno);
		free(root);
		return why;
	}
	m->roots = mem_grow(m->roots, (m->n + 1) * sizeof *m->roots);
	m->roots[m->n++] = root;
	return NULL;
}

void
media_free(struct media *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->roots[i]);
	free(m->roots);
	*m = (struct media){0};
}

static bool
starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool
below(const char *path, const char *root)
{
	size_t n = strlen(root);
	return n == 1 || (strncmp(path, root, n) == 0 && path[n] == '/');
}

bool
media_upload_name(const char *name)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	return *name && *name != '.' && name[strspn(name, set)] == '\0';
}

/* The file itself, if it is below root and a regular one; else NULL. */
static char *
inside(const char *root, const char *path, bool *escaped)
{
	struct buf b = {0};
	struct stat st;
	if (*path != '/')
		buf_fmt(&b, "%s/", root);
	buf_str(&b, path);
	char *real = realpath(buf_cstr(&b), NULL);
	buf_free(&b);
	if (real && below(real, root) && stat(real, &st) == 0 && S_ISREG(st.st_mode))
		return real;
	*escaped = *escaped || (real && !below(real, root));
	free(real);
	return NULL;
}

/* True for "name:...", the form of a URL, with the characters of RFC 3986 section 3.1. */
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
	for (size_t i = 0; i < m->n; i++) {
		char *real = inside(m->roots[i], path, &escaped);
		if (real)
			return (struct source){SOURCE_FILE, real};
	}
	if (has_scheme(path))
		return refuse("%s: only http, https and uploads are accepted as URLs", path);
	if (m->n == 0)
		return refuse("%s: no local files here: start tc-serve with --media DIR", path);
	if (escaped)
		return refuse("%s: outside the --media directory", path);
	return refuse("%s: no such file in the --media directory", path);
}

struct source
media_source(const struct media *m, const char *uploads, const char *url)
{
	if (starts(url, UPLOAD_URL)) {
		const char *name = url + strlen(UPLOAD_URL);
		if (!media_upload_name(name))
			return refuse("%s: no such upload", url);
		struct buf b = {0};
		buf_fmt(&b, "%s/%s", uploads, name);
		buf_cstr(&b);
		return (struct source){SOURCE_FILE, b.p};
	}
	if (starts(url, "http://") || starts(url, "https://"))
		return (struct source){SOURCE_WEB, mem_dup(span_of(url))};
	if (starts(url, "gs://") || starts(url, "s3://"))
		return (struct source){SOURCE_BUCKET, mem_dup(span_of(url))};
	return local_file(m, url);
}
