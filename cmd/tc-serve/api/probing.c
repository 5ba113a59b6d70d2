#include "api/probing.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/work.h"
#include "encode/child.h"
#include "encode/ffmpeg.h"
#include "encode/media.h"
#include "encode/plan.h"
#include "http/call.h"
#include "http/suspend.h"
#include "serve.h"

#define PATIENCE (5 * SECOND)

/* How soon a running probe notices that the server stops. */
#define GLANCE (100 * MILLISECOND)

enum { AT_ONCE = 4 };

struct probing {
	struct work *work; /* NULL: stopped */
	_Atomic bool ending;
};

struct draft {
	struct task task;
	struct call *c;
	struct job j;
	void (*commit)(struct call *c, struct job *j);
	const _Atomic bool *ending;
};

struct probing *
probing_new(void)
{
	struct probing *p = mem_zero(sizeof *p);
	p->work = work_new(AT_ONCE);
	return p;
}

void
probing_stop(struct serve *s)
{
	s->probing->ending = true;
	pthread_mutex_lock(&s->lock);
	struct work *w = s->probing->work;
	s->probing->work = NULL;
	pthread_mutex_unlock(&s->lock);
	work_free(w);
}

void
probing_free(struct probing *p)
{
	free(p);
}

int
probing_fd(const struct probing *p)
{
	return work_fd(p->work);
}

void
probing_step(struct serve *s)
{
	struct task *t;
	while ((t = work_next(s->probing->work))) {
		pthread_mutex_lock(
			&s->lock); /* only once the callback that suspends it has returned */
		suspend_resume(s->suspended, ((struct draft *)(void *)t)->c->conn);
		pthread_mutex_unlock(&s->lock);
	}
}

/* Wait for ffprobe. Return false if it fails, takes too long or must stop. */
static bool
wait_for(struct child *child, struct buf *out, const _Atomic bool *ending)
{
	struct buf err = {0};
	int status = -1;
	bool ended = false;
	for (int64_t until = clock_now() + PATIENCE; !ended && !*ending && clock_now() < until;) {
		struct pollfd fds[] = {{.fd = child->out_fd, .events = POLLIN},
				       {.fd = child->err_fd, .events = POLLIN}};
		int64_t now = clock_now(), next = now + GLANCE < until ? now + GLANCE : until;
		/* both are closed: no descriptor signals the exit, which is all that is missing */
		poll(fds, 2, child->out_fd < 0 && child->err_fd < 0 ? 1 : clock_poll_ms(now, next));
		child_read(&child->out_fd, out);
		child_read(&child->err_fd, &err);
		ended = child_ended(child, out, &err, &status);
	}
	if (!ended)
		child_stop(child);
	buf_free(&err);
	return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool
probe(const struct source *file, struct probe *p, const _Atomic bool *ending)
{
	struct strings w = {0};
	struct child child = {0};
	struct buf out = {0};
	const struct child_limits l = {.fds = &file->fd, .nfds = file->fd >= 0};
	ffmpeg_probe(&w, file);
	bool ok = child_start(&child, w.v, &l) && wait_for(&child, &out, ending) &&
		  probe_from_ffprobe(p, buf_all(&out));
	strings_free(&w);
	buf_free(&out);
	return ok;
}

/* Probe the sources of a job. Runs in a thread. */
static void
run(struct task *t)
{
	struct draft *d = (struct draft *)(void *)t;
	const struct serve *s = d->c->serve;
	struct plan p = plan_make(&d->j, 0);
	struct buf probes = {0}, why = {0};
	bool ok = plan_sources(&p, &s->media, s->dir, &why);
	buf_ch(&probes, '[');
	for (size_t i = 0; ok && i < p.nin; i++) {
		buf_str(&probes, i ? "," : "");
		ok = probe(&p.in[i].source, &p.in[i].probe, d->ending);
		if (ok)
			probe_json(&probes, &p.in[i].probe);
	}
	buf_ch(&probes, ']');
	if (ok)
		job_text(&d->j.probe, buf_cstr(&probes));
	plan_free(&p);
	buf_free(&probes);
	buf_free(&why);
}

void
probing_begin(struct call *c, struct job *j, void (*commit)(struct call *c, struct job *j))
{
	if (c->serve->cfg.encoder || !c->serve->probing->work) {
		commit(c, j);
		job_free(j);
		return;
	}
	struct draft *d = c->draft = mem_zero(sizeof *d);
	*d = (struct draft){.task.run = run,
			    .c = c,
			    .j = *j,
			    .commit = commit,
			    .ending = &c->serve->probing->ending};
	*j = (struct job){0};
}

bool
probing_wait(struct call *c)
{
	struct work *w = c->serve->probing->work;
	if (!c->draft || !w)
		return false;
	suspend_until(c->serve, c->conn, NEVER);
	work_post(w, &c->draft->task);
	return true;
}

void
probing_end(struct call *c)
{
	struct draft *d = c->draft;
	if (!d)
		return;
	c->draft = NULL;
	d->commit(c, &d->j);
	probing_drop(d);
}

void
probing_drop(struct draft *d)
{
	if (d)
		job_free(&d->j);
	free(d);
}
