/* The name of a file that is whole and durable. */
#include <errno.h>
#include <string.h>

#include "base/digest.h"
#include "base/msg.h"
#include "fetch.h"
#include "set.h"

/*
 * Give a file its name. Killed at any instant, the next run finds it: by the
 * ledger, or by its two names.
 */
static int
give_name(struct file *f)
{
	f->part.dir->dirty = true;
	if (f->named_by && set_unname(f->set) < 0)
		return -1;
	if (f->named) {
		record_note_done(f);
		return f->naming == NAME_LINK ? part_unlink(&f->part) : 0;
	}
	if (f->name_errno) {
		errno = f->name_errno;
		return -1;
	}
	if (f->replace) {
		record_note_done(f);
		return part_rename(&f->part);
	}
	if (!f->get->service.ledger)
		return part_rename_new(&f->part);
	if (part_link(&f->part) < 0)
		return -1;
	record_note_done(f);
	return part_unlink(&f->part);
}

static void
publish(struct file *f)
{
	struct failure e = {0};
	struct buf hex = {0};
	f->size = f->part.have;
	if (f->sums.kinds & HASH_SHA256) {
		digest_hex(&hex, f->sums.sha256, sizeof f->sums.sha256);
		memcpy(f->sha256, buf_cstr(&hex), sizeof f->sha256);
		buf_free(&hex);
	}
	if (give_name(f) == 0) {
		msg_debug("line %zu: %s: %lld bytes", f->job->step.item.index + 1, f->path,
			  (long long)f->size);
		finish_done(f);
		return;
	}
	if (errno == PART_CHANGED) {
		finish_changed(f);
		return;
	}
	if (errno == EEXIST)
		failure_set(&e, "exists", false, "%s is there already: --exists skip or replace",
			    f->path);
	else
		local_failure(f, errno, "rename", &e);
	file_fail(f, &e);
	failure_free(&e);
}

void
publish_ready(struct get *g)
{
	while (g->ready.first)
		publish(g->ready.first);
	if (tree_is_dirty(&g->tree))
		return;
	struct job *settled = g->settled;
	g->settled = NULL;
	finish_records(settled);
}
