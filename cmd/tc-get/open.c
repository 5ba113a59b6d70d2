/* Opens a file: its name, its part, and what exists already. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "fetch.h"
#include "set.h"
#include "tally.h"

/* Look whether a file has the name already, and set what follows from --exists. Return false with e
 * set if that is a failure. */
static bool
may_have_name(struct file *f, struct failure *e)
{
	bool regular;
	int64_t size, modified;
	struct buf b = {0};
	f->skip_size = -1;
	bool ours = f->named_by && f->set->resumed; /* fetched for the same set */
	f->replace = get_options.exists != EXISTS_FAIL || ours;
	if (!part_exists(&f->part, &regular, &size, &modified))
		return true;
	file_show(&b, f);
	if (!regular)
		failure_set(e, "exists", false, "%s exists and is not a regular file",
			    buf_cstr(&b));
	else if (ours && get_options.exists != EXISTS_REPLACE)
		f->skip_size = size;
	else if (get_options.exists == EXISTS_FAIL)
		failure_set(e, "exists", false, "%s is there already: --exists skip or replace",
			    buf_cstr(&b));
	else if (get_options.exists == EXISTS_SKIP && modified >= f->job->made - SECOND)
		f->skip_size = size;
	buf_free(&b);
	return !e->code;
}

bool
fetch_drop_unknown(struct file *f, struct failure *e)
{
	const struct version *v = &f->part.version;
	bool strong = v->etag && strncmp(v->etag, "W/", 2) != 0;
	if (f->playlist || !f->part.have || v->size >= 0 || strong || v->modified)
		return true;
	f->hash_anew = true;
	f->taken_over = 0;
	if (part_cut(&f->part, 0) < 0)
		local_failure(f, errno, "truncate", e);
	return !e->code;
}

bool
fetch_open(struct file *f, struct failure *e)
{
	struct part_id id = file_id(f);
	switch (part_open(&f->part, &f->get->tree, f->path, &id)) {
	case PART_OPEN:
		if (!may_have_name(f, e))
			break;
		if (f->playlist)
			f->set->resumed = f->set->resumed || f->part.noted;
		f->taken_over = f->mark = part_bytes(&f->part);
		fetch_drop_unknown(f, e);
		tally_bytes(f, 0);
		break;
	case PART_WHOLE:
		f->named = f->part.dir->dirty = true;
		break;
	case PART_BUSY:
		failure_set(e, "unavailable", true, "another tc-get is fetching %s", f->path);
		break;
	case PART_ERROR:
		local_failure(f, errno, f->part.dir ? "open the part of" : "open", e);
		break;
	}
	return !e->code;
}

/* Add the files of a set that is complete, but was not recorded as done. */
static void
add_named(struct file *first)
{
	size_t before = first->job->files_n;
	if (!set_add_known(first))
		set_forget(first, before);
}

bool
fetch_prepare(struct file *f)
{
	struct failure e = {0};
	if (f->meddled && !f->playlist && !part_bytes(&f->part) && !f->hashing && !f->flushing)
		part_close(&f->part); /* the file of that name may be another one */
	struct span ext = f->path ? (struct span){"", 0} : name_url_ext(fetch_url(f));
	if (ext.n && !set_begin(f, ext, &e)) {
		file_fail(f, &e);
	} else if (!f->path && (!ext.n || !name_file(f, ext, &e))) {
		if (e.code)
			file_fail(f, &e);
	} else if (f->part.fd < 0 && !f->named_by && finish_file_known(f)) {
		finish_skipped(f);
		return false;
	} else if (f->part.fd < 0 && !fetch_open(f, &e)) {
		file_fail(f, &e);
	} else if (f->named) {
		if (f->playlist)
			add_named(f);
		file_move(f, FILE_CHECKING);
		finish_hash(f, true);
		return false;
	} else if (f->read) {
		set_write(f);
		return false;
	}
	bool good = !e.code;
	failure_free(&e);
	return good;
}
