/* Whose turn it is: at most -j files at a time, in the order of the lines. */
#include <stdlib.h>

#include "base/clock.h"
#include "fetch.h"
#include "tally.h"

void
queue_resolved(struct job *j)
{
	flow_aside(&j->get->service.flow, &j->step.item);
	while (j->outputs < j->out.n) {
		j->open++;
		file_move(queue_add_file(j), FILE_QUEUED);
		tally_add(j->files[j->files_n - 1]);
	}
	for (size_t i = 0; i < j->files_n; i++)
		if (j->files[i]->state == FILE_ASKING)
			file_move(j->files[i], FILE_QUEUED);
}

/* Begin a job whose turn has come: queue its files, or first ask for their URLs. */
static void
begin(struct get *g, struct job *j)
{
	queue_forget(g, j);
	j->begun = true;
	j->began = clock_now();
	if (j->out.n && !queue_is_stale(j))
		queue_resolved(j);
	else
		queue_ask(j);
	j->resolves = 0; /* those after the first count */
}

static void
start_files(struct get *g)
{
	while (g->queued.first && !split_is_full(g) && g->checking.n < g->checking_most)
		fetch_start(g->queued.first);
}

void
queue_run(struct get *g)
{
	int64_t now = clock_now();
	split_tend(g);
	if (g->service.flow.stopping)
		return;
	for (struct file *f = g->later.first, *next; f; f = next) {
		next = f->next;
		if (f->due <= now)
			file_move(f, FILE_QUEUED);
	}
	start_files(g);
	/* ask for a few more, so that they are ready when there is room */
	size_t room = 2 * (size_t)g->service.jobs;
	while (g->jobs_first && !g->service.flow.stopping &&
	       g->queued.n + g->moving.n + g->resolving < room) {
		begin(g, g->jobs_first);
		start_files(g);
	}
}

/* Return true if none of the job's files was ever requested. */
static bool
untouched(const struct job *j)
{
	for (size_t i = 0; i < j->files_n; i++)
		if (j->files[i]->began)
			return false;
	return true;
}

void
queue_stop(struct get *g)
{
	struct files *const lists[] = {&g->queued, &g->later, &g->asking};
	struct failure e = {0};
	for (size_t i = 0; i < 3; i++)
		while (lists[i]->first) {
			struct job *j = lists[i]->first->job;
			service_not_started(&g->service, &j->step, g->service.flow.signal != 0,
					    "its outputs were not fetched", &e);
			if (!untouched(j))
				failure_set(&e,
					    g->service.flow.signal ? "interrupted" : "unavailable",
					    true, "interrupted; run again to continue");
			file_fail(lists[i]->first, &e);
		}
	failure_free(&e);
}

int64_t
queue_due(const struct get *g)
{
	int64_t due = NEVER;
	for (const struct file *f = g->later.first; f; f = f->next)
		due = f->due < due ? f->due : due;
	for (const struct file *f = g->moving.first; f; f = f->next)
		if (f->begun && !f->part.noted && f->part.have && f->began + NOTE_AFTER < due)
			due = f->began + NOTE_AFTER;
	for (const struct file *f = g->moving.first; f; f = f->next)
		if (split_is_open(f) && clock_now() + NOTE_AFTER < due)
			due = clock_now() + NOTE_AFTER;
	return due;
}
