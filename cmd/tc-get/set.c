#include "set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "m3u8.h"
#include "reference.h"
#include "tally.h"

enum { TEXT_MAX = 16 << 20, TEXTS_MAX = 64 << 20 };

static void
begin(struct file *f)
{
	f->set = mem_zero(sizeof *f->set);
	*f->set = (struct set){.first = f, .unread = 1};
	f->playlist = true;
}

bool
set_begin(struct file *f, struct span ext, struct failure *e)
{
	if (get_options.alone || f->set)
		return true;
	if (span_is(ext, "mpd") && f->job->out.n == 1) {
		failure_set(e, "rejected", false,
			    "a DASH manifest, whose files are not fetched: --playlist alone "
			    "fetches the manifest by itself");
		return false;
	}
	if (!m3u8_ext(ext))
		return true;
	begin(f);
	return true;
}

bool
set_judge(struct file *f, const struct http_response *r)
{
	struct set *s = f->set;
	size_t n = r->url ? reference_base(r->url) : 0;
	if (r->status != 200) {
		failure_set(&f->error, "bad_response", false, "HTTP %d to a request for all of it",
			    r->status);
		return false;
	}
	const char *url = f->job->out.urls[f->n - 1];
	if (f == s->first && n && !object_is(url)) {
		bool same = reference_base(url) == n && memcmp(url, r->url, n) == 0;
		free(s->moved_to);
		s->moved_to = same ? NULL : mem_dup((struct span){r->url, n});
	}
	f->text.n = 0;
	expect_read(&f->expect, r, true);
	return true;
}

bool
set_take(struct file *f, const char *p, size_t n)
{
	if (f->text.n + n > TEXT_MAX || f->set->text_bytes + f->text.n + n > TEXTS_MAX) {
		failure_set(
			&f->error, "bad_response", false,
			"its playlists are too large: 16 MiB each and 64 MiB together are read");
		return false;
	}
	buf_add(&f->text, p, n);
	return true;
}

/* Return the URL of the set's directory. The caller frees. */
static char *
base_of(const struct set *s)
{
	const char *url = s->moved_to ? s->moved_to : s->first->job->out.urls[s->first->n - 1];
	return mem_dup((struct span){url, reference_base(url)});
}

void
set_url(struct file *f)
{
	char *base = base_of(f->set);
	f->url.n = 0;
	if (object_is(base)) { /* a name, not a URL */
		buf_str(&f->url, base);
		http_unescape_text(&f->url, span_of(f->below));
	} else {
		reference_url(&f->url, base, f->below, f->query ? f->query : "");
	}
	buf_cstr(&f->url);
	free(base);
}

/* Check a playlist against the sums and the size that were given. Return false if it is fetched
 * once more or has failed. */
static bool
verify(struct file *f)
{
	int64_t size = f == f->set->first ? f->job->out.sizes[f->n - 1] : -1;
	struct hash *h = hash_new(f->expect.sums.kinds);
	struct buf why = {0};
	hash_add(h, f->text.p, f->text.n);
	hash_end(h, &f->sums);
	hash_free(h);
	const char *unmet = expect_unmet(&f->expect, &f->sums);
	f->expect = (struct expect){0}; /* what is written may be other bytes */
	if (unmet)
		buf_fmt(&why, "its bytes are not what %s says", unmet);
	else if (size >= 0 && size != (int64_t)f->text.n)
		buf_str(&why, "it has another size than the service says");
	if (why.n)
		finish_wrong(f, buf_cstr(&why));
	bool good = !why.n;
	buf_free(&why);
	return good;
}

/* Write the first playlist to its part, which tells a later run what is being fetched. The part is
 * never empty in between, because the text of an earlier run counts until then. */
static bool
mark(struct file *first, struct failure *e)
{
	struct part_id id = file_id(first);
	if (part_rewrite(&first->part, buf_all(&first->text)) < 0 || part_sync(&first->part) < 0 ||
	    part_note(&first->part, &id) < 0)
		local_failure(first, errno, "write", e);
	return !e->code;
}

/* Queue the files of the set, once all names are known. */
static void
begin_files(struct set *s)
{
	struct job *j = s->first->job;
	struct failure e = {0};
	for (size_t i = 0; i < j->files_n && !e.code; i++) {
		struct file *f = j->files[i];
		if (f->set == s && f != s->first && name_claim(f, &e))
			file_move(f, FILE_QUEUED);
	}
	if (!e.code)
		mark(s->first, &e);
	if (e.code)
		file_fail(s->first, &e);
	else if (!s->open)
		set_write(s->first);
	failure_free(&e);
}

void
set_read(struct file *f)
{
	struct set *s = f->set;
	struct job *j = f->job;
	struct failure e = {0};
	size_t before = j->files_n;
	file_move(f, FILE_HELD);
	if (!verify(f))
		return;
	char *base = base_of(s);
	f->tries = 0;
	if (set_read_names(f, base, &e)) {
		s->unread--;
		s->text_bytes += f->text.n;
		f->read = true;
		for (size_t i = before; i < j->files_n; i++) {
			file_move(j->files[i], j->files[i]->playlist ? FILE_QUEUED : FILE_HELD);
			tally_add(j->files[i]);
		}
		if (!s->unread)
			begin_files(s);
	} else {
		file_fail(f, &e);
	}
	free(base);
	failure_free(&e);
}

void
set_write(struct file *f)
{
	struct failure e = {0};
	if (f->skip_size == (int64_t)f->text.n && !(f == f->set->first && f->set->unnamed)) {
		finish_skipped(f);
		return;
	}
	if (part_rewrite(&f->part, buf_all(&f->text)) < 0) {
		local_failure(f, errno, "write", &e);
		file_fail(f, &e);
		failure_free(&e);
		return;
	}
	file_move(f, FILE_CHECKING);
	finish_hash(f, true);
}

bool
set_tend(struct get *g)
{
	bool any = g->whole.first != NULL;
	while (g->whole.first)
		set_write(g->whole.first);
	return any;
}

int
set_unname(struct set *s)
{
	if (s->unnamed || !s->first->replace)
		return 0;
	s->unnamed = true;
	s->first->part.dir->dirty = true;
	return part_unname(&s->first->part);
}

void
set_forget(struct file *first, size_t before)
{
	while (first->job->files_n > before)
		queue_drop_file(first->job);
	htab_free(&first->set->names);
	first->set->open = 0;
	first->set->unread = 1;
}

/* Look for a regular file at the path below -C, and set its size. Return false if it does not
 * exist. */
static bool
look(struct file *f, struct buf *full)
{
	const struct tree *t = &f->get->tree;
	struct stat st;
	full->n = 0;
	buf_fmt(full, "%s/%s", strcmp(t->absolute, "/") == 0 ? "" : t->absolute, f->path);
	if (lstat(buf_cstr(full), &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	f->size = st.st_size;
	return true;
}

static bool
read_known(struct file *f)
{
	struct buf full = {0};
	struct failure e = {0};
	bool good = look(f, &full);
	if (good && f->playlist)
		good = buf_read_file(&f->text, buf_cstr(&full), TEXT_MAX) == 0 &&
		       set_read_names(f, NULL, &e);
	buf_free(&full);
	buf_free(&f->text);
	failure_free(&e);
	return good;
}

bool
set_add_known(struct file *first)
{
	struct job *j = first->job;
	size_t from = j->files_n;
	if (!first->set)
		begin(first);
	bool good = read_known(first);
	for (size_t i = from; i < j->files_n && good; i++)
		good = read_known(j->files[i]);
	return good;
}
