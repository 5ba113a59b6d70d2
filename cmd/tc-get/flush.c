/*
 * Large files are made durable while their bytes arrive, by a thread that does
 * nothing else: the disk works all the time, little is left at the end, and a
 * crash of the machine leaves what was noted.
 */
#include <errno.h>
#include <unistd.h>

#include "get.h"

enum { FLUSH_EVERY = 64 << 20 };

/* Runs in a thread. */
static void
run_flush(struct task *t)
{
	struct file *f = flush_file(t);
	f->flush_errno = fdatasync(f->part.fd) < 0 ? errno : 0;
}

void
flush_start(struct file *f, bool last)
{
	int64_t to = f->part.have, enough = last ? 1 : FLUSH_EVERY;
	/* after a flush that failed, another one that succeeds would say nothing */
	if (f->flushing || f->sync_errno || to <= SMALL_FILE || to - f->part.durable < enough)
		return;
	f->flush_to = to;
	f->flush_cuts = f->part.cuts;
	f->flushing = true;
	f->flush.run = run_flush;
	work_post(f->get->work, &f->flush);
}

struct file *
flush_file(struct task *t)
{
	char *at = (char *)t;
	return t->run == run_flush ? (struct file *)(void *)(at - offsetof(struct file, flush))
				   : NULL;
}

bool
flush_take(struct file *f)
{
	f->flushing = false;
	if (f->flush_errno)
		f->sync_errno = f->flush_errno;
	if (f->flush_errno || f->flush_cuts != f->part.cuts || f->flush_to <= f->part.durable)
		return false;
	f->part.durable = f->flush_to;
	return true;
}
