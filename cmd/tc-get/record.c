/* The record of a line, and what the ledger notes of a file. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "set.h"
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

/* Order files by output; in a set the first file, then the others by path. */
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

/* Write the members that say what was fetched; they have only complete files. */
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

size_t
record_set_total(const struct file *first, int64_t *bytes)
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
		json_int(&b, "files", (long long)record_set_total(f, &bytes));
		json_int(&b, "bytes", (long long)bytes);
	}
	if (get_options.template)
		json_str(&b, "template", span_of(get_options.template));
	ledger_write(g->service.ledger, LEDGER_DONE, NULL, 0, buf_all(&b));
	buf_free(&b);
	buf_free(&path);
}
