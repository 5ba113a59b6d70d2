#include "api/form.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/micro_response.h"
#include "api/upload.h"
#include "base/io.h"
#include "encode/media.h"
#include "http/call.h"
#include "http/take.h"
#include "serve.h"
#include "store/store.h"
#include "json/json.h"

enum { HEAD_BYTES = 64 << 10, COPY_BYTES = 256 << 10 };

/*
 * Where the file's bytes begin and end (it is the form's last field), and its
 * name as the client gives it, owned.
 */
static char *
find_file(struct call *c, int64_t *from, int64_t *to)
{
	const char *type = call_header(c, "Content-Type"),
		   *boundary = type ? strstr(type, "boundary=") : NULL;
	struct buf head = {0}, tail = {0};
	char *name = NULL;
	ssize_t n = pread(c->put_fd, buf_room(&head, HEAD_BYTES), HEAD_BYTES, 0);
	head.n = n > 0 ? (size_t)n : 0;
	const char *p = strstr(buf_cstr(&head), "filename=\""),
		   *end = p ? strstr(p, "\r\n\r\n") : NULL;
	if (boundary && end) {
		buf_fmt(&tail, "\r\n--%s--\r\n", boundary + strlen("boundary="));
		*from = end + 4 - head.p;
		*to = c->put_size - (int64_t)tail.n;
		char *last = mem_zero(tail.n + 1);
		if (*to >= *from && pread(c->put_fd, last, tail.n, *to) == (ssize_t)tail.n &&
		    memcmp(last, tail.p, tail.n) == 0)
			name = mem_dup((struct span){p + 10, strcspn(p + 10, "\"")});
		free(last);
	}
	buf_free(&head), buf_free(&tail);
	return name;
}

static bool
copy(struct call *c, const char *path, int64_t from, int64_t to)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char *bytes = mem_alloc(COPY_BYTES);
	bool ok = fd >= 0;
	while (ok && from < to) {
		ssize_t n = pread(c->put_fd, bytes,
				  to - from < COPY_BYTES ? (size_t)(to - from) : COPY_BYTES, from);
		ok = n > 0 && io_write_all(fd, (struct span){bytes, (size_t)n}, NULL) == 0;
		from += n;
	}
	if (fd >= 0)
		close(fd);
	free(bytes);
	return ok;
}

static void
form_end(struct call *c)
{
	int64_t from = 0, to = 0;
	struct buf name = {0}, path = {0}, url = {0}, urls = {0};
	char *given = find_file(c, &from, &to);
	if (!given) {
		micro_error(c, 400, "Validation failed",
			    "expected a form with a file as its last field");
		return;
	}
	upload_server_name(&name, given);
	take_path(c, &path, buf_cstr(&name));
	struct upload u = {
		.name = (char *)(uintptr_t)buf_cstr(&name), .type = "", .size = to - from};
	if (!copy(c, buf_cstr(&path), from, to) || !store_upload_add(c->serve->store, &u) ||
	    !store_upload_confirm(c->serve->store, u.name)) {
		micro_error(c, 507, "The upload cannot be stored", NULL);
	} else {
		c->serve->stats.uploads++;
		c->serve->stats.confirms++;
		buf_fmt(&url, UPLOAD_URL "%s", u.name);
		json_open(&urls);
		json_str(&urls, "get", buf_all(&url));
		json_close(&urls);
		struct buf *out = call_json(c, 201);
		json_open(out);
		json_str(out, "id", buf_all(&name));
		json_raw(out, "urls", buf_all(&urls));
		json_close(out);
	}
	free(given);
	buf_free(&name), buf_free(&path), buf_free(&url), buf_free(&urls);
}

void
form_begin(struct call *c)
{
	const char *length = call_header(c, "Content-Length");
	take_new(c, length ? strtoll(length, NULL, 10) : 0, form_end);
}
