#include "tally.h"

/* The bytes of all files: those of unknown size are estimated by the mean of the others. */
static void
estimate(struct get *g)
{
	struct transfers *t = &g->service.flow.counts.files;
	size_t others = t->all > g->sized ? t->all - g->sized : 0;
	t->of = g->sized
			? g->sizes + (int64_t)((double)g->sizes / (double)g->sized * (double)others)
			: 0;
}

void
tally_job(struct job *j)
{
	j->expected = true;
	j->get->service.flow.counts.files.all++;
	estimate(j->get);
}

void
tally_job_end(struct job *j)
{
	if (j->expected)
		j->get->service.flow.counts.files.all--;
	j->expected = false;
	estimate(j->get);
}

void
tally_add(struct file *f)
{
	f->tallied = true;
	if (f->job->expected)
		f->job->expected = false;
	else
		f->get->service.flow.counts.files.all++;
	estimate(f->get);
}

static void
set_size(struct file *f, int64_t size)
{
	struct get *g = f->get;
	if (f->tally_size == size)
		return;
	if (f->tally_size >= 0) {
		g->sized--;
		g->sizes -= f->tally_size;
	}
	if (size >= 0) {
		g->sized++;
		g->sizes += size;
	}
	f->tally_size = size;
	estimate(g);
}

static void
set_bytes(struct file *f, int64_t bytes)
{
	f->get->service.flow.counts.files.bytes += bytes - f->tally_bytes;
	f->tally_bytes = bytes;
}

void
tally_bytes(struct file *f, size_t moved)
{
	if (!f->tallied)
		return;
	f->get->service.flow.counts.files.moved += (int64_t)moved;
	set_bytes(f, f->playlist ? (int64_t)f->text.n : part_bytes(&f->part));
	set_size(f, f->playlist ? (int64_t)f->text.n : f->part.version.size);
}

void
tally_done(struct file *f)
{
	if (!f->tallied)
		return;
	set_bytes(f, f->size);
	set_size(f, f->size);
	f->tallied = false;
	f->get->service.flow.counts.files.done++;
}

void
tally_drop(struct file *f)
{
	if (!f->tallied)
		return;
	set_bytes(f, 0);
	set_size(f, -1);
	f->tallied = false;
	f->get->service.flow.counts.files.all--;
	estimate(f->get);
}
