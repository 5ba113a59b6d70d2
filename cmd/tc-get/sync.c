/*
 * Small files are made durable and named in groups, and with them the names of
 * those before are made durable: while the disk is at one group, the next gathers. A file by itself
 * costs a commit of the file system's journal, and a group whose bytes are all
 * on their way costs little more.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/os.h"
#include "get.h"

/* Name what is durable. That costs as much as the bytes of a small file, so it is not left to the
 * thread that has the network. */
static void
name(struct file *f)
{
	if (f->naming == NAME_LATER || f->sync_errno)
		return;
	int bad = f->naming == NAME_LINK ? part_link(&f->part) : part_rename_new(&f->part);
	f->name_errno = bad ? errno : 0;
	f->named = !bad;
}

/* In a thread. */
static void
run_files(struct task *t)
{
	struct sync_slice *s = (struct sync_slice *)(void *)t;
	for (size_t i = 0; i < s->n; i++)
		os_write_out(s->files[i]->part.fd);
	for (size_t i = 0; i < s->n; i++)
		s->files[i]->sync_errno = fdatasync(s->files[i]->part.fd) < 0 ? errno : 0;
	for (size_t i = 0; i < s->n; i++)
		name(s->files[i]);
}

/* In a thread. */
static void
run_dirs(struct task *t)
{
	struct sync_slice *last = (struct sync_slice *)(void *)t;
	struct sync *s = (struct sync *)(void *)(last - SYNC_SLICES);
	for (size_t i = 0; i < s->dirs_n; i++)
		if (fsync(s->dirs[i]) < 0 && errno != EINVAL)
			s->dirs_errno = errno;
}

/* Return who names a file that is durable. What is replaced, or belongs to a set, has an order to
 * keep with the ledger and with other files. */
static enum naming
naming_of(const struct file *f)
{
	if (f->set || f->playlist || f->named || f->replace)
		return NAME_LATER;
	return f->get->service.ledger ? NAME_LINK : NAME_RENAME;
}

void
sync_add(struct file *f)
{
	struct sync *s = &f->get->sync;
	if (s->n == s->cap)
		s->waiting = mem_grow(s->waiting, (s->cap = 2 * s->cap + 16) * sizeof *s->waiting);
	s->waiting[s->n++] = f;
	f->naming = naming_of(f);
	f->hashing = true;
}

static void
post(struct get *g, struct sync_slice *slice, void (*run)(struct task *t))
{
	slice->task.run = run;
	g->sync.running_n++;
	work_post(g->work, &slice->task);
}

/* Post the n files that are running in slices of about the same size: a disk does several flushes
 * in the time of one. */
static void
post_files(struct get *g, size_t n)
{
	struct sync *s = &g->sync;
	size_t slices = n < SYNC_SLICES ? n : SYNC_SLICES;
	for (size_t i = 0; i < slices; i++) {
		size_t from = n * i / slices, to = n * (i + 1) / slices;
		s->slices[i].files = s->running + from;
		s->slices[i].n = to - from;
		post(g, &s->slices[i], run_files);
	}
}

void
sync_start(struct get *g)
{
	struct sync *s = &g->sync;
	if (s->running_n || (!s->n && !g->settled && !tree_is_dirty(&g->tree)))
		return;
	struct file **was = s->running;
	size_t cap = s->running_cap, n = s->n;
	s->running = s->waiting;
	s->running_cap = s->cap;
	s->waiting = was;
	s->n = 0;
	s->cap = cap;
	s->dirs_n = tree_take_dirty(&g->tree, &s->dirs, &s->dirs_cap);
	s->settled = g->settled;
	g->settled = NULL;
	s->dirs_errno = 0;
	post(g, &s->slices[SYNC_SLICES], run_dirs);
	post_files(g, n);
}

struct sync_slice *
sync_slice_of(struct sync *s, struct task *t)
{
	for (size_t i = 0; i <= SYNC_SLICES; i++)
		if (t == &s->slices[i].task)
			return &s->slices[i];
	return NULL;
}

void
sync_free(struct sync *s)
{
	free(s->dirs);
	free(s->waiting);
	free(s->running);
}
