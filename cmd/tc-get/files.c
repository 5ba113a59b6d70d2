/* The files and jobs in memory: which list a file is in, its names, its end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "fetch.h"
#include "set.h"
#include "tally.h"

static struct files *
list_of(struct get *g, enum file_state s)
{
	struct files *const lists[] = {&g->queued, &g->later, &g->asking, &g->moving, &g->checking,
				       &g->ready,  NULL,      &g->whole,  NULL};
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

const char *
fetch_url(const struct file *f)
{
	return f->named_by ? f->url.p : f->job->out.urls[f->n - 1];
}

struct part_id
file_id(const struct file *f)
{
	const struct job *j = f->job;
	return (struct part_id){j->id ? j->get->service.profile->name : "", j->name, f->n};
}

void
file_show(struct buf *b, const struct file *f)
{
	const char *root = f->get->tree.root;
	size_t n = strlen(root);
	while (n > 1 && root[n - 1] == '/')
		n--;
	if (strcmp(root, ".") != 0)
		buf_fmt(b, "%.*s%s", (int)n, root, root[n - 1] == '/' ? "" : "/");
	buf_str(b, f->path);
}

const char file_meddled[] = "another program changed its part";

bool
local_failure(struct file *f, int err, const char *what, struct failure *e)
{
	struct get *g = f->get;
	struct buf path = {0};
	file_show(&path, f);
	if (err == ENOTDIR || err == ELOOP || err == ENAMETOOLONG || err == EISDIR ||
	    err == EEXIST) {
		failure_set(e, "invalid_input", false, "cannot %s %s: %s", what, buf_cstr(&path),
			    err == ENOTDIR || err == ELOOP ? "a component of the path is not a "
							     "directory, or is a symbolic link"
							   : strerror(err));
		buf_free(&path);
		return true;
	}
	if (err == EFBIG && part_size_limit() < 0) { /* however much room there is */
		failure_set(e, "rejected", false,
			    "%s: it has more bytes than a file can have there", buf_cstr(&path));
		buf_free(&path);
		return true;
	}
	failure_set(e, "unavailable", true, "cannot %s %s: %s", what, buf_cstr(&path),
		    strerror(err));
	if (!g->full && (err == ENOSPC || err == EDQUOT || err == EFBIG)) {
		int64_t missing = part_missing(&f->part, err);
		struct buf why = {0};
		if (missing < 0)
			buf_str(&why, "it can have no more files: remove some");
		else
			buf_fmt(&why, "%lld byte%s missing: make room", (long long)missing,
				missing == 1 ? " is" : "s are");
		msg_error("the disk is full: %s: %s and run again", buf_cstr(&path),
			  buf_cstr(&why));
		buf_free(&why);
	} else if (!g->full) {
		msg_error("cannot %s %s: %s", what, buf_cstr(&path), strerror(err));
	}
	g->full = true;
	flow_stop(&g->service.flow, EXIT_IO);
	buf_free(&path);
	return false;
}

void
file_leave_set(struct file *f)
{
	struct set *s = f->set;
	if (--s->open == 0 && !f->job->ending)
		file_move(s->first, FILE_WHOLE);
}

void
set_free(struct set *s)
{
	free(s->moved_to);
	htab_free(&s->names);
	free(s);
}

void
file_free(struct file *f)
{
	part_close(&f->part);
	hash_free(f->hash);
	if (f->set && !f->named_by)
		set_free(f->set);
	buf_free(&f->range), buf_free(&f->if_range), buf_free(&f->url), buf_free(&f->text),
		buf_free(&f->object);
	failure_free(&f->error);
	free(f->path), free(f->below), free(f->query);
	free(f);
}

void
job_free(struct job *j)
{
	queue_forget(j->get, j);
	tally_job_end(j);
	for (size_t i = 0; i < j->files_n; i++) {
		file_move(j->files[i], FILE_DONE);
		file_free(j->files[i]);
	}
	free(j->files);
	outputs_free(&j->out);
	failure_free(&j->error);
	record_free(&j->line);
	free(j->id), free(j->name), free(j->source), free(j->key);
}
