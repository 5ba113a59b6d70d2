/* After the last byte: checks, durability, and the end of the file and its job. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "fetch.h"
#include "set.h"
#include "tally.h"

/* Leave the part for the next run. */
static void
leave_part(struct file *f)
{
	struct part_id id = file_id(f);
	struct part *p = &f->part;
	if (p->fd >= 0 && !f->named &&
	    (!part_bytes(p) || (f->playlist && f->named_by) || !part_is_ours(p)))
		part_drop(p);
	else if (p->fd >= 0 && !f->named && (!p->noted || p->gaps) && !f->get->full)
		part_note(p, &id);
	part_close(p);
}

/* End a file: its job is ending, or the file is done. */
static void
release_file(struct file *f)
{
	leave_part(f);
	finish_forget_hash(f);
	buf_free(&f->text);
	file_move(f, FILE_DONE);
}

/* Is a thread at work on the file? Then it stays open. */
static bool
busy(const struct file *f)
{
	return f->hashing || f->flushing;
}

void
job_end_if_idle(struct job *j)
{
	if (!j->ending || j->resolving)
		return;
	for (size_t i = 0; i < j->files_n; i++) {
		struct file *f = j->files[i];
		if (f->state == FILE_MOVING || busy(f))
			return;
	}
	finish_record(j, &j->error);
}

void
job_fail(struct job *j, const struct failure *e)
{
	if (!j->ending) {
		j->ending = true;
		failure_set(&j->error, e->code, e->temporary, "%.*s", (int)e->message.n,
			    e->message.p ? e->message.p : "");
		j->error.http = e->http;
		j->error.retry_after = e->retry_after;
		buf_span(&j->error.reason, buf_all(&e->reason));
		for (size_t i = 0; i < j->files_n; i++) {
			struct file *f = j->files[i];
			tally_drop(f);
			if (f->state == FILE_MOVING)
				http_cancel(j->get->service.http, f); /* its pieces: split_tend() */
			else if (!busy(f) && f->state != FILE_DONE)
				release_file(f);
		}
	}
	job_end_if_idle(j);
}

void
file_fail(struct file *f, const struct failure *e)
{
	struct job *j = f->job;
	struct failure copy = *e; /* the file may go with its job */
	struct failure mine = {0};
	bool which = f->path && (j->out.n > 1 || f->named_by) && !f->playlist;
	if (!j->ending) {
		failure_set(&mine, copy.code, copy.temporary, "%s%s%.*s", which ? f->path : "",
			    which ? ": " : "", (int)copy.message.n,
			    copy.message.p ? copy.message.p : "");
		mine.http = copy.http;
		mine.retry_after = copy.retry_after;
	}
	if (busy(f))
		file_move(f, FILE_CHECKING);
	else
		release_file(f);
	job_fail(j, &mine);
	failure_free(&mine);
}

void
finish_wrong(struct file *f, const char *why)
{
	struct version none = {.size = -1};
	struct failure e = {0};
	if (!f->playlist && part_begin(&f->part, &none) < 0) {
		local_failure(f, errno, "truncate", &e);
	} else if (!f->checked_once) {
		msg_warn("line %zu: %s: %s: fetched again", f->job->step.item.index + 1, f->path,
			 why);
		f->checked_once = f->hash_anew = true;
		f->taken_over = 0;
		file_move(f, FILE_QUEUED);
		return;
	} else {
		failure_set(&e, f->meddled ? "unavailable" : "bad_response", f->meddled,
			    "%s, twice", why);
	}
	file_fail(f, &e);
	failure_free(&e);
}

void
finish_changed(struct file *f)
{
	f->meddled = f->get->asked = true;
	f->name_errno = 0;
	if (f->playlist && !f->checked_once) {
		f->checked_once = f->hash_anew = true;
		file_move(f, FILE_WHOLE);
	} else {
		finish_wrong(f, file_meddled);
	}
}

/* Note that nothing is left to do for a file. */
static void
file_settled(struct file *f)
{
	struct job *j = f->job;
	tally_done(f);
	release_file(f);
	if (f->named_by) {
		file_leave_set(f);
	} else if (--j->open == 0 && !j->ending) {
		j->settled = j->get->settled;
		j->get->settled = j;
	}
}

void
finish_done(struct file *f)
{
	part_settle(&f->part);
	part_close(&f->part);
	file_settled(f);
}

void
finish_skipped(struct file *f)
{
	msg_debug("line %zu: %s is there already", f->job->step.item.index + 1, f->path);
	if (f->skip_size >= 0)
		f->size = f->skip_size;
	if (f->named_by && f->set->resumed)
		f->taken_over = f->size;
	part_drop(&f->part);
	file_settled(f);
}

/* A flush has ended. What is durable is noted: without the note it would be of no use. */
static void
on_flushed(struct file *f)
{
	struct part_id id = file_id(f);
	if (flush_take(f) && f->state == FILE_MOVING && !f->job->ending &&
	    part_note(&f->part, &id) < 0)
		local_failure(f, errno, "write", &f->error);
	if (f->sync_errno && f->state == FILE_MOVING && !f->job->ending)
		local_failure(f, f->sync_errno, "sync", &f->error);
	if (!f->hashing && (f->state == FILE_CHECKING || f->job->ending))
		finish_checked(f);
}

void
finish_hash(struct file *f, bool last)
{
	if (hash_start(f, last))
		finish_checked(f);
}

/* Its bytes are what they are said to be, and durable: or not. */
void
finish_checked(struct file *f)
{
	struct failure e = {0};
	if (f->job->ending) {
		if (f->state != FILE_MOVING && !f->flushing)
			release_file(f);
		job_end_if_idle(f->job);
	} else if (f->hash_anew || !f->last_task) {
		finish_hash(f, f->state == FILE_CHECKING);
	} else if (!f->named && !part_is_ours(&f->part)) {
		finish_changed(f);
	} else if (f->hash_errno || f->sync_errno) {
		local_failure(f, f->hash_errno ? f->hash_errno : f->sync_errno,
			      f->hash_errno ? "read" : "sync", &e);
		file_fail(f, &e);
	} else if (f->unmet) {
		struct buf why = {0};
		buf_fmt(&why, "its bytes are not what %s says", f->unmet);
		finish_wrong(f, buf_cstr(&why));
		buf_free(&why);
	} else if (f->flushing) {
		return; /* on_flushed() goes on */
	} else if (f->part.durable < f->part.have && f->part.have > SMALL_FILE) {
		flush_start(f, true);
	} else if (f->part.durable < f->part.have) {
		sync_add(f);
	} else {
		file_move(f, FILE_READY);
	}
	failure_free(&e);
}

/* A slice of a group is durable. */
static void
on_synced(struct get *g, const struct sync_slice *slice)
{
	struct sync *s = &g->sync;
	for (size_t i = 0; i < slice->n; i++) {
		struct file *f = slice->files[i];
		f->hashing = false;
		if (!f->sync_errno)
			f->part.durable = f->part.have;
		if (f->named)
			f->part.dir->dirty = true;
		finish_checked(f);
	}
	if (--s->running_n)
		return;
	tree_synced(&g->tree);
	if (s->dirs_errno) {
		msg_error("cannot sync a directory below %s: %s", g->tree.root,
			  strerror(s->dirs_errno));
		flow_stop(&g->service.flow, EXIT_IO);
	}
	finish_records(s->settled);
}

void
finish_tasks(struct get *g)
{
	for (struct task *t; (t = work_next(g->work));) {
		const struct sync_slice *slice = sync_slice_of(&g->sync, t);
		struct file *f = flush_file(t);
		if (slice) {
			on_synced(g, slice);
		} else if (f) {
			on_flushed(f);
		} else {
			f = (struct file *)(void *)((char *)t - offsetof(struct file, task));
			f->hashing = false;
			finish_checked(f);
		}
	}
}
