#include "base/filehash.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"

enum { READ_BYTES = 256 << 10, HERE_BYTES = 64 << 10 };

int
filehash_read(struct hash *h, int fd, int64_t *at, int64_t to)
{
	int64_t all = to - *at;
	size_t room = all < READ_BYTES ? (size_t)all + 1 : READ_BYTES;
	char *bytes = mem_alloc(room);
	int error = 0;
	while (*at < to && !error) {
		int64_t left = to - *at;
		ssize_t n = pread(fd, bytes, left < (int64_t)room ? (size_t)left : room, *at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0) {
			hash_add(h, bytes, (size_t)n);
			*at += n;
		} else {
			error = n < 0 ? errno : EIO;
		}
	}
	free(bytes);
	return error;
}

void
filehash_run(struct filehash *h)
{
	if (!h->error)
		h->error = filehash_read(h->hash, h->fd, &h->done, h->to);
}

static void
run_task(struct task *t)
{
	filehash_run((struct filehash *)(void *)t);
}

void
filehash_take(struct filehash *h, int64_t at, const char *bytes, size_t n)
{
	if (h->running || h->error || at != h->done)
		return;
	if (!h->hash)
		h->hash = hash_new(HASH_SHA256);
	hash_add(h->hash, bytes, n);
	h->done += (int64_t)n;
}

bool
filehash_post(struct filehash *h, struct work *w, int64_t to)
{
	if (h->running || to <= h->done)
		return false;
	if (!h->hash)
		h->hash = hash_new(HASH_SHA256);
	h->to = to;
	if (to - h->done <= HERE_BYTES) {
		filehash_run(h);
		return false;
	}
	h->task.run = run_task;
	h->running = true;
	work_post(w, &h->task);
	return true;
}

void
filehash_end(struct filehash *h, struct hash_sums *out)
{
	if (!h->hash)
		h->hash = hash_new(HASH_SHA256);
	hash_end(h->hash, out);
	filehash_free(h);
}

void
filehash_free(struct filehash *h)
{
	hash_free(h->hash);
	h->hash = NULL;
	h->done = h->to = 0;
	h->error = 0;
}
