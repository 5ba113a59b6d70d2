#include "http/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/call.h"
#include "http/download.h"
#include "http/sign.h"
#include "serve.h"

/* Return the length of "JOB/N/" if path is in the directory of an output, else 0. */
static size_t
directory_of(const char *path)
{
	const char *first = strchr(path, '/'), *second = first ? strchr(first + 1, '/') : NULL;
	return second ? (size_t)(second + 1 - path) : 0;
}

void
files_url(const struct call *c, struct buf *out, const char *path, int64_t ttl)
{
	int64_t expires = (clock_wall() + ttl) / SECOND;
	size_t dir = directory_of(path);
	struct buf what = {0}, sig = {0};
	buf_str(&what, dir ? "/hls/" : "/files/");
	buf_add(&what, path, dir ? dir : strlen(path));
	sign_path(&sig, buf_all(&c->serve->secret), "GET", buf_all(&what), expires);
	call_base(c, out);
	if (dir)
		buf_fmt(out, "/hls/%lld/%s/%s", (long long)expires, buf_cstr(&sig), path);
	else
		buf_fmt(out, "/files/%s?expires=%lld&sig=%s", path, (long long)expires,
			buf_cstr(&sig));
	buf_free(&what);
	buf_free(&sig);
}

/*
 * Check "EXPIRES/SIG/JOB/N/FILE"; return where JOB starts, or NULL if the
 * signature is wrong or has expired.
 */
static const char *
permitted_directory(struct call *c, const char *rest)
{
	const char *sig = strchr(rest, '/'), *path = sig ? strchr(sig + 1, '/') : NULL;
	size_t dir = path ? directory_of(path + 1) : 0;
	if (!dir)
		return NULL;
	struct buf what = {0};
	buf_str(&what, "/hls/");
	buf_add(&what, path + 1, dir);
	bool ok = sign_check(buf_all(&c->serve->secret), "GET", buf_all(&what),
			     (struct span){rest, (size_t)(sig - rest)},
			     (struct span){sig + 1, (size_t)(path - sig - 1)});
	buf_free(&what);
	return ok ? path + 1 : NULL;
}

void
files_get(struct call *c)
{
	bool dir = strncmp(c->path, "/hls/", 5) == 0;
	const char *path = dir                        ? permitted_directory(c, c->path + 5)
			   : call_permitted(c, "GET") ? c->path + 7
						      : NULL;
	if (strcmp(c->method, "GET") != 0 && strcmp(c->method, "HEAD") != 0)
		call_error(c, 405, "only GET and HEAD");
	else if (!path)
		call_error(c, 403, "the URL has expired or its signature is wrong");
	else
		files_send(c, path);
	call_set(c, "Access-Control-Allow-Origin", "*"); /* players in web pages */
}

static const char *
type_of(const char *path)
{
	static const char *const types[][2] = {
		{"mp4", "video/mp4"},
		{"m4s", "video/iso.segment"},
		{"webm", "video/webm"},
		{"mkv", "video/x-matroska"},
		{"mov", "video/quicktime"},
		{"avi", "video/x-msvideo"},
		{"ts", "video/mp2t"},
		{"m3u8", "application/vnd.apple.mpegurl"},
		{"mpd", "application/dash+xml"},
		{"mp3", "audio/mpeg"},
		{"m4a", "audio/mp4"},
		{"aac", "audio/aac"},
		{"wav", "audio/wav"},
		{"ogg", "audio/ogg"},
		{"opus", "audio/ogg"},
		{"flac", "audio/flac"},
		{"jpg", "image/jpeg"},
		{"png", "image/png"},
		{"gif", "image/gif"},
		{"webp", "image/webp"},
	};
	const char *dot = strrchr(path, '.');
	for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
		if (strcmp(dot + 1, types[i][0]) == 0)
			return types[i][1];
	return "application/octet-stream";
}

/*
 * Reject empty names and names that start with a dot, so that no path leads out
 * of the directory.
 */
static bool
safe_path(const char *path)
{
	for (const char *p = path;; p++) {
		if (*p == '/' || *p == '.' || !*p)
			return false;
		p = strchr(p, '/');
		if (!p)
			return true;
	}
}

void
files_send(struct call *c, const char *path)
{
	struct buf full = {0};
	struct stat st;
	buf_fmt(&full, "%s/files/%s", c->serve->dir, path);
	int fd = safe_path(path) ? open(buf_cstr(&full), O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	buf_free(&full);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		if (fd >= 0)
			close(fd);
		call_error(c, 404, "no such file");
		return;
	}
	download_send(c, fd, type_of(path));
}
