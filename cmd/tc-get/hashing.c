/* The hashes of a file, computed while its bytes arrive and finished after the last one. */
#include "base/filehash.h"
#include "get.h"

enum { HASH_EVERY = 4 << 20 };

/* In a thread. The bytes read were written by this process, so they are mostly in memory. */
static void
run_task(struct task *t)
{
	struct file *f = (struct file *)(void *)((char *)t - offsetof(struct file, task));
	f->hash_errno = filehash_read(f->hash, f->part.fd, &f->hashed, f->hash_to);
	if (f->hash_errno || !f->last_task)
		return;
	hash_end(f->hash, &f->sums);
	f->unmet = expect_unmet(&f->expect, &f->sums);
}

void
finish_forget_hash(struct file *f)
{
	hash_free(f->hash);
	f->hash = NULL;
	f->hashed = 0;
	f->hash_anew = false;
}

/* Hash bytes that were just written to the end of a small file, so that they need not be read. */
void
finish_bytes(struct file *f, const char *bytes, size_t n)
{
	int64_t size = f->part.version.size;
	if (size < 0 || size > SMALL_FILE || f->hashing)
		return;
	if (f->hash_anew)
		finish_forget_hash(f);
	if (f->hashed + (int64_t)n != f->part.have)
		return;
	if (!f->hash)
		f->hash = hash_new(HASH_SHA256 | f->expect.sums.kinds);
	hash_add(f->hash, bytes, n);
	f->hashed += (int64_t)n;
}

bool
hash_start(struct file *f, bool last)
{
	if (f->hashing || (!last && f->part.have - f->hashed < HASH_EVERY && !f->hash_anew))
		return false;
	if (f->hash_anew)
		finish_forget_hash(f);
	if (!last && f->part.have - f->hashed < HASH_EVERY)
		return false;
	if (!f->hash)
		f->hash = hash_new(HASH_SHA256 | f->expect.sums.kinds);
	f->hash_to = f->part.have;
	f->last_task = last;
	if (last && f->hash_to <= SMALL_FILE) {
		run_task(&f->task);
		return true;
	}
	f->hashing = true;
	f->task.run = run_task;
	work_post(f->get->work, &f->task);
	return false;
}
