/* Whose turn it is: at most -j files at a time, in the order of the lines. */
#include <stdlib.h>

#include "base/clock.h"
#include "fetch.h"
#include "tally.h"

static struct files *
list_of(struct get *g, enum file_state s)
{
	struct files *const lists[] = {&g->queued,   &g->later, &g->asking, &g->moving,
				       &g->checking, &g->ready, NULL,       NULL};
	return lists[s];
}

static void
unlink_file(struct files *l, struct file *f)
{
	*(f->prev ? &f->prev->next : &l->first) = f->next;
	*(f->next ? &f->next->prev : &l->last) = f->prev;
	f->prev = f->next = NULL;
	l->n--;
}

static void
link_file(struct files *l, struct file *f)
{
	f->prev = l->last;
	*(l->last ? &l->last->next : &l->first) = f;
	l->last = f;
	l->n++;
}

void
file_move(struct file *f, enum file_state state)
{
	struct files *from = f->listed ? list_of(f->get, f->state) : NULL,
		     *to = list_of(f->get, state);
	if (from)
		unlink_file(from, f);
	f->state = state;
	f->listed = to != NULL;
	if (to)
		link_file(to, f);
}

void
queue_job(struct get *g, struct job *j)
{
	j->prev = g->jobs_last;
	*(g->jobs_last ? &g->jobs_last->next : &g->jobs_first) = j;
	g->jobs_last = j;
	j->queued = true;
	tally_job(j);
	flow_schedule(&g->service.flow, &j->step.item, NEVER);
}

void
queue_forget(struct get *g, struct job *j)
{
	if (!j->queued)
		return;
	*(j->prev ? &j->prev->next : &g->jobs_first) = j->next;
	*(j->next ? &j->next->prev : &g->jobs_last) = j->prev;
	j->prev = j->next = NULL;
	j->queued = false;
}

bool
queue_is_stale(const struct job *j)
{
	int64_t now = clock_wall(), end = j->out.expires;
	if (!j->id || j->foreign || end == NEVER || end > now + EXPIRES_SOON * SECOND)
		return false;
	/* URLs that never live long are used for half of their life */
	return !j->resolved || now - j->resolved > (end - j->resolved) / 2;
}

struct file *
queue_add_member(struct job *j, size_t n)
{
	struct file *f = mem_zero(sizeof *f);
	j->files = mem_room(j->files, j->files_n, sizeof *j->files);
	j->files[j->files_n++] = f;
	f->job = j;
	f->get = j->get;
	f->n = n;
	f->state = FILE_DONE;
	f->part.fd = -1;
	f->skip_size = f->tally_size = -1;
	f->part.version.size = -1;
	return f;
}

struct file *
queue_add_file(struct job *j)
{
	return queue_add_member(j, ++j->outputs);
}

void
queue_drop_file(struct job *j)
{
	struct file *f = j->files[--j->files_n];
	j->outputs -= !f->named_by;
	file_free(f);
}

void
queue_ask(struct job *j)
{
	j->get->asked = true;
	if (j->resolving || !service_need_secret(&j->get->service))
		return;
	j->resolving = true;
	j->get->resolving++;
	j->resolves++;
	flow_schedule(&j->get->service.flow, &j->step.item, 0);
}

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

/* Its turn has come: its files, or first a question where they are. */
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
	/* a few more are asked for, so that they are there when there is room */
	size_t room = 2 * (size_t)g->service.jobs;
	while (g->jobs_first && !g->service.flow.stopping &&
	       g->queued.n + g->moving.n + g->resolving < room) {
		begin(g, g->jobs_first);
		start_files(g);
	}
}

/* Was nothing of it ever asked for? */
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
					    true, "interrupted; the part is kept");
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
