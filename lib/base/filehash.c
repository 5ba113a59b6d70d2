#include "base/filehash.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"

enum { READ_BYTES = 256 << 10, HERE_BYTES = 64 << 10 };

void
filehash_run(struct filehash *h)
{
	int64_t all = h->to - h->done;
	char *bytes = mem_alloc(all < READ_BYTES ? (size_t)all : READ_BYTES);
	while (h->done < h->to && !h->error) {
		int64_t left = h->to - h->done;
		ssize_t n =
			pread(h->fd, bytes, left < READ_BYTES ? (size_t)left : READ_BYTES, h->done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			h->error = n < 0 ? errno : EIO;
			break;
		}
		hash_add(h->hash, bytes, (size_t)n);
		h->done += n;
	}
	free(bytes);
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
