#include "encode.h"

#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "serve.h"
#include "store.h"
#include "task.h"

/* Of what a child says on stderr only the end is of interest. */
#define KEEP_ERR ((size_t)4096)

struct encoder {
	struct serve *serve;
	struct task *task;
	size_t n;
};

struct encoder *
encode_new(struct serve *s, long jobs)
{
	struct encoder *e = mem_zero(sizeof *e);
	e->serve = s;
	e->n = (size_t)jobs;
	e->task = mem_zero(e->n * sizeof *e->task);
	return e;
}

void
encode_start(struct encoder *e)
{
	for (size_t i = 0; i < e->n; i++) {
		struct task *t = &e->task[i];
		struct job j;
		if (t->id)
			continue;
		if (store_broken(e->serve->store) || !store_next(e->serve->store, &j, &t->n))
			return;
		task_begin(e->serve, t, &j);
		job_free(&j);
		if (!t->id) /* it failed at once: the slot is free again */
			i--;
	}
}

size_t
encode_fds_max(const struct encoder *e)
{
	return 2 * e->n;
}

size_t
encode_fds(const struct encoder *e, struct pollfd *fds)
{
	size_t n = 0;
	for (size_t i = 0; i < e->n; i++) {
		const struct child *c = &e->task[i].child;
		if (c->pid == 0)
			continue;
		if (c->out_fd >= 0)
			fds[n++] = (struct pollfd){.fd = c->out_fd, .events = POLLIN};
		if (c->err_fd >= 0)
			fds[n++] = (struct pollfd){.fd = c->err_fd, .events = POLLIN};
	}
	return n;
}

static void
keep_tail(struct buf *b)
{
	if (b->n > KEEP_ERR) {
		memmove(b->p, b->p + b->n - KEEP_ERR, KEEP_ERR);
		b->n = KEEP_ERR;
	}
}

void
encode_step(struct encoder *e)
{
	for (size_t i = 0; i < e->n; i++) {
		struct task *t = &e->task[i];
		int status;
		if (!t->child.pid)
			continue;
		child_read(&t->child.out_fd, &t->out);
		child_read(&t->child.err_fd, &t->err);
		if (t->stage == STAGE_ENCODE)
			task_progress(e->serve, t);
		keep_tail(&t->err);
		if (child_ended(&t->child, &t->out, &t->err, &status))
			task_next(e->serve, t, status);
	}
}

void
encode_cancel(struct encoder *e, const char *id)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->task[i].id && strcmp(e->task[i].id, id) == 0)
			child_kill(&e->task[i].child);
}

void
encode_end(struct encoder *e)
{
	for (size_t i = 0; i < e->n; i++) {
		if (e->task[i].child.pid)
			child_stop(&e->task[i].child);
		task_free(&e->task[i]);
	}
	free(e->task);
	free(e);
}
