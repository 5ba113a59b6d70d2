/* The progress of a running encoder, and the size of its output. */
#include <stdlib.h>
#include <string.h>

#include "encode/encoder.h"
#include "encode/outfile.h"
#include "encode/task.h"
#include "serve.h"
#include "store/store.h"

bool
task_too_large(const struct serve *s, const struct task *t)
{
	struct job j;
	struct buf path = {0};
	if (t->stage != STAGE_ENCODE || !task_job(s, t, &j))
		return false;
	task_path(s, &j, t->n, &path);
	bool too_large = outfile_is_tree(buf_cstr(&path)) &&
			 outfile_size(buf_cstr(&path)) > (int64_t)s->cfg.max_output << 20;
	buf_free(&path);
	job_free(&j);
	return too_large;
}

static void
report_progress(struct serve *s, const struct task *t)
{
	struct job j;
	if (!task_job(s, t, &j))
		return;
	s->events.progressed(s, &j, &j.out[t->n]);
	job_free(&j);
}

/* Read the name=value lines of ffmpeg -progress; the last out_time_us counts. */
void
task_progress(struct serve *s, struct task *t)
{
	static const char name[] = "out_time_us=";
	double us = -1;
	char *p = t->out.n ? (char *)(uintptr_t)buf_cstr(&t->out) : NULL, *end;
	for (; p && (end = strchr(p, '\n')) != NULL; p = end + 1)
		if (strncmp(p, name, sizeof name - 1) == 0)
			us = strtod(p + sizeof name - 1, NULL);
	if (p) { /* the rest is an incomplete line */
		size_t done = (size_t)(p - t->out.p);
		memmove(t->out.p, p, t->out.n - done);
		t->out.n -= done;
	}
	int progress = t->seconds > 0 && us > 0 ? (int)(us / 1e4 / t->seconds) : 0;
	progress = progress > 99 ? 99 : progress;
	if (progress > t->progress) {
		t->progress = progress;
		store_progress(s->store, t->id, t->n, progress);
		report_progress(s, t);
	}
}
