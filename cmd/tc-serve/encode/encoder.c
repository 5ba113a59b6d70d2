#include "encode/encoder.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "encode/child.h"
#include "encode/task.h"
#include "serve.h"
#include "store/store.h"

/* How much of the end of a child's stderr is kept. */
#define KEEP_ERR ((size_t)4096)

/* Limit of a child's stdout; ffprobe's report is the longest. */
#define MAX_OUT ((size_t)1 << 20)

/* Interval at which the sizes of a playlist's files are added up. */
#define LOOK SECOND

/* Pause after a process could not be started. */
#define BACK_OFF SECOND

struct encoder {
	struct serve *serve;
	struct task *task;
	size_t n;
	int64_t look; /* when sizes are checked next */
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
	if (e->serve->no_room > clock_now())
		return;
	for (size_t i = 0; i < e->n; i++) {
		struct task *t = &e->task[i];
		struct job j;
		if (t->id)
			continue;
		e->serve->no_room = 0;
		if (store_broken(e->serve->store) || !store_next(e->serve->store, &j, &t->n))
			return;
		task_begin(e->serve, t, &j);
		job_free(&j);
		if (e->serve->no_room)
			return;
		if (!t->id) /* it failed immediately: the slot is free again */
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

/* Kill a child that exceeds a limit; task_next() reports why. */
static void
bound(struct encoder *e, struct task *t, int64_t now, bool look)
{
	if (t->stopped)
		return;
	if (now >= t->deadline)
		t->stopped = "the encoder took longer than --max-time allows";
	else if (t->out.n > MAX_OUT)
		t->stopped = "the encoder wrote too much on standard output";
	else if (look && task_too_large(e->serve, t))
		t->stopped = TASK_TOO_LARGE;
	if (t->stopped)
		child_kill(&t->child);
}

int64_t
encode_due(const struct encoder *e)
{
	int64_t due = e->serve->no_room ? e->serve->no_room : NEVER;
	for (size_t i = 0; i < e->n; i++) {
		const struct task *t = &e->task[i];
		if (!t->child.pid || t->stopped)
			continue;
		due = t->deadline < due ? t->deadline : due;
		due = e->look < due ? e->look : due;
	}
	return due;
}

void
encode_step(struct encoder *e)
{
	int64_t now = clock_now();
	bool look = now >= e->look;
	if (look)
		e->look = now + LOOK;
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
		if (t->stage == STAGE_ENCODE)
			keep_tail(&t->out);
		bound(e, t, now, look);
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
