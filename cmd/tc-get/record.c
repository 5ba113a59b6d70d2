/* The record of a line, and what the ledger says of its files. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/msg.h"
#include "fetch.h"
#include "set.h"
#include "tally.h"
#include "json/json.h"

static void
write_file(const struct file *f, struct buf *files)
{
	struct buf path = {0};
	file_show(&path, f);
	if (files->n > 1)
		buf_ch(files, ',');
	json_open(files);
	json_str(files, "path", buf_all(&path));
	json_int(files, "size", f->size);
	if (*f->sha256)
		json_str(files, "sha256", span_of(f->sha256));
	json_int(files, "n", (long long)f->n);
	json_close(files);
	buf_free(&path);
}

/* By output; of a set its first file, then the others by path, in whatever order they came. */
static int
compare(const void *a, const void *b)
{
	const struct file *f = *(struct file *const *)a, *g = *(struct file *const *)b;
	if (f->n != g->n)
		return f->n < g->n ? -1 : 1;
	if (!f->named_by != !g->named_by)
		return f->named_by ? 1 : -1;
	return strcmp(f->path, g->path);
}

/* The members that say what was fetched; files that are not whole are not in them. */
static void
write_files(struct job *j, struct buf *file, struct buf *files, int64_t *bytes, int64_t *resumed)
{
	struct buf path = {0};
	qsort(j->files, j->files_n, sizeof *j->files, compare);
	buf_ch(files, '[');
	for (size_t i = 0; i < j->files_n; i++) {
		*bytes += j->files[i]->size;
		*resumed += j->files[i]->taken_over;
		write_file(j->files[i], files);
	}
	buf_ch(files, ']');
	file_show(&path, j->files[0]);
	json_quote(file, buf_all(&path));
	buf_free(&path);
}

void
finish_record(struct job *j, const struct failure *e)
{
	struct service *s = &j->get->service;
	struct buf id = {0}, file = {0}, files = {0}, bytes = {0}, seconds = {0}, resumed = {0};
	int64_t total = 0, taken_over = 0;
	if (j->line.kind != RECORD_RECORD && j->id)
		json_quote(&id, span_of(j->id));
	if (e) {
		service_report_error(s, &j->step.item, j->id, e);
	} else {
		write_files(j, &file, &files, &total, &taken_over);
		buf_fmt(&bytes, "%lld", (long long)total);
		buf_fmt(&seconds, "%.3f",
			j->began ? (double)(clock_now() - j->began) / SECOND : 0.0);
		buf_fmt(&resumed, "%lld", (long long)taken_over);
	}
	struct json_member set[] = {{"id", {id.p, id.n}},
				    {"file", {file.p, file.n}},
				    {"files", {files.p, files.n}},
				    {"bytes", {bytes.p, bytes.n}},
				    {"seconds", {seconds.p, seconds.n}},
				    {"resumed", {resumed.p, resumed.n}}};
	item_finish(&s->flow, &j->step.item, &j->line, set, sizeof set / sizeof *set, e);
	buf_free(&id), buf_free(&file), buf_free(&files), buf_free(&bytes), buf_free(&seconds),
		buf_free(&resumed);
}

void
file_free(struct file *f)
{
	part_close(&f->part);
	split_free(f);
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

/* How many files a set has, and their bytes. */
static size_t
set_total(const struct file *first, int64_t *bytes)
{
	const struct job *j = first->job;
	size_t n = 0;
	*bytes = 0;
	for (size_t i = 0; i < j->files_n; i++)
		if (j->files[i]->set == first->set) {
			n++;
			*bytes += j->files[i]->size;
		}
	return n;
}

void
finish_records(struct job *settled)
{
	for (struct job *j = settled, *next; j; j = next) {
		next = j->settled;
		finish_record(j, NULL);
	}
}

void
record_note_done(struct file *f)
{
	struct get *g = f->get;
	struct part_id id = file_id(f);
	struct buf b = {0}, path = {0};
	if (!g->service.ledger || f->named_by)
		return;
	buf_fmt(&path, "%s/%s", strcmp(g->tree.absolute, "/") == 0 ? "" : g->tree.absolute,
		f->path);
	json_str(&b, "provider", span_of(id.provider));
	json_str(&b, "id", span_of(id.id));
	json_int(&b, "n", (long long)f->n);
	json_int(&b, "of", (long long)f->job->outputs);
	json_str(&b, "path", buf_all(&path));
	json_int(&b, "size", f->size);
	json_str(&b, "sha256", span_of(f->sha256));
	if (f->set) {
		int64_t bytes;
		json_int(&b, "files", (long long)set_total(f, &bytes));
		json_int(&b, "bytes", (long long)bytes);
	}
	if (get_options.template)
		json_str(&b, "template", span_of(get_options.template));
	ledger_write(g->service.ledger, LEDGER_DONE, NULL, 0, buf_all(&b));
	buf_free(&b);
	buf_free(&path);
}

/* A file of ours that the ledger calls done, under -C, by the same template, and that is still
 * there; its path below -C. */
static const char *
known_path(const struct get *g, struct span line, char **path, int64_t *size)
{
	struct stat st;
	size_t root = strcmp(g->tree.absolute, "/") == 0 ? 0 : strlen(g->tree.absolute);
	char *template = json_text_of(line, "template");
	const char *ours = get_options.template ? get_options.template : "";
	bool same = strcmp(template ? template : "", ours) == 0;
	free(template);
	*path = same ? json_text_of(line, "path") : NULL;
	*size = json_count_of(line, "size", -1);
	if (!*path || strncmp(*path, g->tree.absolute, root) != 0 || (*path)[root] != '/')
		return NULL;
	return lstat(*path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == *size
		       ? *path + root + 1
		       : NULL;
}

/* Of a set: are the files that its playlists name all there, in so many bytes? They are added to
 * those of the job then. */
static bool
is_whole(struct file *f, struct span line)
{
	struct job *j = f->job;
	int64_t files = json_count_of(line, "files", -1), bytes;
	size_t before = j->files_n;
	if (files < 0 || get_options.alone)
		return true;
	if (set_add_known(f) && (int64_t)set_total(f, &bytes) == files &&
	    bytes == json_count_of(line, "bytes", -1))
		return true;
	set_forget(f, before);
	return false;
}

/* Looks one output up: true if it is done, and f says so. *of: how many there are. */
static bool
look_up(struct file *f, size_t *of)
{
	struct part_id id = file_id(f);
	struct get *g = f->get;
	struct ledger_found known;
	struct buf key = {0}, n = {0};
	struct span v;
	double count;
	char *path = NULL;
	ledger_job_key(&key, id.provider, id.id);
	buf_fmt(&n, "%zu", f->n);
	ledger_output_key(&key, buf_all(&n));
	const char *below =
		g->service.ledger && ledger_find(g->service.ledger, 'f', buf_all(&key), &known)
			? known_path(g, known.line, &path, &f->size)
			: NULL;
	if (below && (!f->path || strcmp(f->path, below) == 0)) {
		char *sum = json_text_of(known.line, "sha256");
		if (sum && strlen(sum) == 64)
			memcpy(f->sha256, sum, 65);
		free(sum);
		*of = json_get(known.line, "of", &v) == 1 && json_number(v, &count) && count >= 1 &&
				      count < 1e6
			      ? (size_t)count
			      : 1;
		if (!f->path)
			f->path = mem_dup(span_of(below));
		if (!is_whole(f, known.line))
			below = NULL;
		else
			part_sweep(&g->tree, f->path);
	} else {
		below = NULL;
	}
	buf_free(&key), buf_free(&n), free(path);
	return below != NULL;
}

bool
finish_file_known(struct file *f)
{
	size_t of;
	return look_up(f, &of);
}

bool
finish_known(struct job *j)
{
	struct failure e = {0};
	size_t of = 1;
	for (size_t n = 1; n <= of; n++) {
		struct file *f = queue_add_file(j);
		if (look_up(f, &of))
			continue;
		/* not all of it: as if nothing were known */
		while (j->files_n)
			queue_drop_file(j);
		return false;
	}
	for (size_t i = 0; i < j->files_n && !e.code; i++)
		name_claim(j->files[i], &e);
	flow_replayed(&j->step.item);
	flow_replayed(&j->step.item);
	finish_record(j, e.code ? &e : NULL);
	failure_free(&e);
	return true;
}
