/* What the ledger knows about the files of a line. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "set.h"
#include "json/json.h"

/*
 * Return the path below -C of a file that the ledger calls done, by the same
 * template, and that still exists; else NULL.
 */
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

/*
 * Return true if all files that a set's playlists name exist, with the recorded
 * total size; they are then added to the job's.
 */
static bool
is_whole(struct file *f, struct span line)
{
	struct job *j = f->job;
	int64_t files = json_count_of(line, "files", -1), bytes;
	size_t before = j->files_n;
	if (files < 0 || get_options.alone)
		return true;
	if (set_add_known(f) && (int64_t)record_set_total(f, &bytes) == files &&
	    bytes == json_count_of(line, "bytes", -1))
		return true;
	set_forget(f, before);
	return false;
}

/*
 * Look up one output. Return true if it is done, with f filled in and *of set
 * to the number of outputs.
 */
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
		/* not all outputs are known: treat it as if none were */
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
