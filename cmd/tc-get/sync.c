/*
 * Small files are made durable in groups, and with them the names of those
 * before: while the disk is at one group, the next gathers. A file by itself
 * costs a commit of the file system's journal, and a group whose bytes are all
 * on their way costs little more.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/os.h"
#include "get.h"

/* In a thread. */
static void
run_sync(struct task *t)
{
	struct sync *s = (struct sync *)(void *)t;
	for (size_t i = 0; i < s->running_n; i++)
		os_write_out(s->running[i]->part.fd);
	for (size_t i = 0; i < s->running_n; i++)
		s->running[i]->sync_errno = fdatasync(s->running[i]->part.fd) < 0 ? errno : 0;
	s->dirs_errno = 0;
	for (size_t i = 0; i < s->dirs_n; i++)
		if (fsync(s->dirs[i]) < 0 && errno != EINVAL)
			s->dirs_errno = errno;
}

void
sync_add(struct file *f)
{
	struct sync *s = &f->get->sync;
	if (s->n == s->cap)
		s->waiting = mem_grow(s->waiting, (s->cap = 2 * s->cap + 16) * sizeof *s->waiting);
	s->waiting[s->n++] = f;
	f->hashing = true;
}

void
sync_start(struct get *g)
{
	struct sync *s = &g->sync;
	if (s->under_way || (!s->n && !g->settled && !tree_is_dirty(&g->tree)))
		return;
	struct file **was = s->running;
	size_t cap = s->running_cap;
	s->running = s->waiting;
	s->running_n = s->n;
	s->running_cap = s->cap;
	s->waiting = was;
	s->n = 0;
	s->cap = cap;
	s->dirs_n = tree_take_dirty(&g->tree, &s->dirs, &s->dirs_cap);
	s->settled = g->settled;
	g->settled = NULL;
	s->under_way = true;
	s->task.run = run_sync;
	work_post(g->work, &s->task);
}

void
sync_free(struct sync *s)
{
	free(s->dirs);
	free(s->waiting);
	free(s->running);
}
