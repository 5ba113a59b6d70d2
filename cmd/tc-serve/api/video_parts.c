#include "api/video_parts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "http/call.h"
#include "http/take.h"
#include "serve.h"
#include "store/store.h"

enum { COPY_BYTES = 256 << 10 };

static void
part_path(const struct call *c, struct buf *out, const char *video, long n)
{
	struct buf name = {0};
	buf_fmt(&name, ".%s.%ld", video, n);
	take_path(c, out, buf_cstr(&name));
	buf_free(&name);
}

/* Find the part that /part/VIDEO/N names. Return false if an upload under way has no such part. */
static bool
part_of(struct call *c, struct video *v, long *n)
{
	const char *p = c->path + strlen("/part/"), *slash = strchr(p, '/');
	char *id = mem_dup((struct span){p, slash ? (size_t)(slash - p) : strlen(p)}), *end;
	*n = slash ? strtol(slash + 1, &end, 10) : 0;
	bool found = store_video(c->serve->store, id, v) && *n >= 1 && *n <= v->parts &&
		     strcmp(v->status, "uploading") == 0;
	free(id);
	if (!found)
		video_free(v);
	return found;
}

static void
part_end(struct call *c)
{
	struct video v;
	long n;
	struct buf path = {0}, etag = {0};
	if (c->put_size != c->put_max) {
		call_error(c, 400, "fewer bytes than the part has");
		return;
	}
	if (!part_of(c, &v, &n)) {
		call_error(c, 404, "NoSuchUpload");
		return;
	}
	part_path(c, &path, v.id, n);
	take_etag(c, &etag);
	if (take_keep(c, buf_cstr(&path)) &&
	    store_part_put(c->serve->store, v.id, n, buf_cstr(&etag))) {
		c->serve->stats.parts++;
		c->status = 200;
		call_set(c, "ETag", "%s", buf_cstr(&etag));
	}
	video_free(&v);
	buf_free(&path), buf_free(&etag);
}

void
video_part_begin(struct call *c)
{
	struct video v;
	long n;
	if (!call_permitted(c, "PUT")) {
		call_error(c, 403, "the URL has expired or its signature is wrong");
	} else if (!part_of(c, &v, &n)) {
		call_error(c, 404, "NoSuchUpload");
	} else {
		take_new(c, n < v.parts ? v.part : v.size - (v.parts - 1) * v.part, part_end);
		video_free(&v);
	}
}

static bool
append_part(const struct call *c, int to, const char *video, long n)
{
	struct buf path = {0};
	part_path(c, &path, video, n);
	int fd = open(buf_cstr(&path), O_RDONLY | O_CLOEXEC);
	char *bytes = mem_alloc(COPY_BYTES);
	ssize_t got = -1;
	while (fd >= 0 && (got = read(fd, bytes, COPY_BYTES)) > 0)
		if (io_write_all(to, (struct span){bytes, (size_t)got}, NULL) < 0)
			break;
	if (fd >= 0)
		close(fd);
	free(bytes);
	buf_free(&path);
	return got == 0;
}

bool
video_parts_join(const struct call *c, const struct video *v)
{
	struct buf path = {0};
	take_path(c, &path, v->name);
	int fd = open(buf_cstr(&path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool good = fd >= 0;
	for (long n = 1; n <= v->parts && good; n++)
		good = append_part(c, fd, v->id, n);
	if (fd >= 0)
		close(fd);
	buf_free(&path);
	return good;
}

void
video_parts_drop(const struct call *c, const struct video *v)
{
	for (long n = 1; n <= v->parts; n++) {
		struct buf path = {0};
		part_path(c, &path, v->id, n);
		unlink(buf_cstr(&path)); /* a missing file need not be removed */
		buf_free(&path);
	}
}
