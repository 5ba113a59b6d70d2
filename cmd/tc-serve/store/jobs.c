/* Reads and writes jobs and uploads. */
#include <stdlib.h>
#include <string.h>

#include "store/db.h"

static void
read_output(sqlite3_stmt *st, struct output *o)
{
	*o = (struct output){
		.n = sqlite3_column_int(st, 0),
		.id = store_column(st, 1),
		.spec = store_column(st, 2),
		.status = store_column(st, 3),
		.path = store_column(st, 4),
		.progress = sqlite3_column_int(st, 5),
		.size = sqlite3_column_int64(st, 6),
		.seconds = sqlite3_column_double(st, 7),
		.width = sqlite3_column_int(st, 8),
		.height = sqlite3_column_int(st, 9),
		.error_code = store_column(st, 10),
		.error = store_column(st, 11),
	};
}

void
store_row(struct store *s, sqlite3_stmt *st, struct job *j)
{
	*j = (struct job){
		.seq = sqlite3_column_int64(st, 0),
		.id = store_column(st, 1),
		.api = sqlite3_column_int(st, 2) ? API_TRANSCODELY : API_MICRO,
		.status = store_column(st, 3),
		.request = store_column(st, 4),
		.inputs = store_column(st, 5),
		.metadata = store_column(st, 6),
		.key = store_column(st, 7),
		.probe = store_column(st, 8),
		.rank = sqlite3_column_int(st, 9),
		.created = sqlite3_column_int64(st, 10),
		.updated = sqlite3_column_int64(st, 11),
		.started = sqlite3_column_int64(st, 12),
		.completed = sqlite3_column_int64(st, 13),
		.error_code = store_column(st, 14),
		.error = store_column(st, 15),
		.confirmed = sqlite3_column_int64(st, 16),
	};
	sqlite3_stmt *outputs = s->st[Q_OUTPUTS];
	sqlite3_bind_int64(outputs, 1, j->seq);
	while (sqlite3_step(outputs) == SQLITE_ROW) {
		j->out = mem_room(j->out, j->nout, sizeof *j->out);
		read_output(outputs, &j->out[j->nout++]);
	}
	sqlite3_reset(outputs);
}

static bool
one(struct store *s, enum statement q, enum api api, const char *text, struct job *j)
{
	sqlite3_stmt *st = s->st[q];
	*j = (struct job){0};
	store_bind(st, 1, text);
	sqlite3_bind_int(st, 2, (int)api);
	int rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		store_row(s, st, j);
	else if (rc != SQLITE_DONE)
		store_fail(s, "reading a job");
	sqlite3_reset(st);
	return rc == SQLITE_ROW;
}

bool
store_get(struct store *s, enum api api, const char *id, struct job *j)
{
	return one(s, Q_GET, api, id, j);
}

bool
store_by_key(struct store *s, enum api api, const char *key, const char *app, struct job *j)
{
	store_bind(s->st[Q_BY_KEY], 3, app ? app : STORE_APP);
	return one(s, Q_BY_KEY, api, key, j);
}

static bool
add_outputs(struct store *s, const struct job *j)
{
	bool ok = true;
	for (size_t i = 0; ok && i < j->nout; i++) {
		sqlite3_stmt *st = s->st[Q_ADD_OUTPUT];
		const struct output *o = &j->out[i];
		sqlite3_bind_int64(st, 1, j->seq);
		sqlite3_bind_int(st, 2, o->n);
		sqlite3_bind_int(st, 3, j->rank);
		store_bind(st, 4, o->id);
		store_bind(st, 5, o->spec);
		store_bind(st, 6, o->status);
		store_bind(st, 7, o->path);
		ok = store_run(s, st, "adding an output");
	}
	return ok;
}

bool
store_add(struct store *s, struct job *j)
{
	if (!store_run(s, s->st[Q_BEGIN], "starting a transaction"))
		return false;
	sqlite3_stmt *st = s->st[Q_ADD];
	store_bind(st, 1, j->id);
	sqlite3_bind_int(st, 2, (int)j->api);
	store_bind(st, 3, j->status);
	store_bind(st, 4, j->request);
	store_bind(st, 5, j->inputs);
	store_bind(st, 6, j->metadata);
	store_bind(st, 7, j->key);
	sqlite3_bind_int(st, 8, j->rank);
	sqlite3_bind_int64(st, 9, j->created);
	bool ok = store_run(s, st, "adding a job");
	j->seq = sqlite3_last_insert_rowid(s->db);
	ok = ok && add_outputs(s, j);
	ok = ok && store_run(s, s->st[Q_COMMIT], "adding a job");
	if (!ok && !sqlite3_get_autocommit(s->db))
		store_run(s, s->st[Q_ROLLBACK], "giving up on a job");
	return ok;
}

static bool
put_output(struct store *s, int64_t seq, const struct output *o)
{
	sqlite3_stmt *st = s->st[Q_PUT_OUTPUT];
	sqlite3_bind_int64(st, 1, seq);
	sqlite3_bind_int(st, 2, o->n);
	store_bind(st, 3, o->status);
	sqlite3_bind_int(st, 4, o->progress);
	sqlite3_bind_int64(st, 5, o->size);
	sqlite3_bind_double(st, 6, o->seconds);
	sqlite3_bind_int(st, 7, o->width);
	sqlite3_bind_int(st, 8, o->height);
	store_bind(st, 9, o->error_code);
	store_bind(st, 10, o->error);
	return store_run(s, st, "writing an output");
}

bool
store_put(struct store *s, const struct job *j)
{
	if (!store_run(s, s->st[Q_BEGIN], "starting a transaction"))
		return false;
	sqlite3_stmt *st = s->st[Q_PUT];
	sqlite3_bind_int64(st, 1, j->seq);
	store_bind(st, 2, j->status);
	sqlite3_bind_int(st, 3, job_ended(j->status));
	store_bind(st, 4, j->probe);
	sqlite3_bind_int64(st, 5, j->updated);
	sqlite3_bind_int64(st, 6, j->started);
	sqlite3_bind_int64(st, 7, j->completed);
	store_bind(st, 8, j->error_code);
	store_bind(st, 9, j->error);
	sqlite3_bind_int64(st, 10, j->confirmed);
	bool ok = store_run(s, st, "writing a job");
	for (size_t i = 0; ok && i < j->nout; i++)
		ok = put_output(s, j->seq, &j->out[i]);
	ok = ok && store_run(s, s->st[Q_COMMIT], "writing a job");
	if (!ok && !sqlite3_get_autocommit(s->db))
		store_run(s, s->st[Q_ROLLBACK], "giving up on a job");
	store_changed(s);
	return ok;
}

void
store_progress(struct store *s, const char *id, int n, int progress)
{
	sqlite3_stmt *st = s->st[Q_PROGRESS];
	store_bind(st, 1, id);
	sqlite3_bind_int(st, 2, n);
	sqlite3_bind_int(st, 3, progress);
	store_run(s, st, "writing progress");
	store_changed(s);
}

bool
store_next(struct store *s, struct job *j, int *n)
{
	sqlite3_stmt *st = s->st[Q_NEXT];
	*j = (struct job){0};
	int rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		store_row(s, st, j);
		*n = sqlite3_column_int(st, 17); /* after JOB_COLUMNS */
	} else if (rc != SQLITE_DONE) {
		store_fail(s, "looking for work");
	}
	sqlite3_reset(st);
	return rc == SQLITE_ROW;
}

bool
store_upload_add(struct store *s, const struct upload *u)
{
	sqlite3_stmt *st = s->st[Q_UPLOAD_ADD];
	store_bind(st, 1, u->name);
	store_bind(st, 2, u->type);
	sqlite3_bind_int64(st, 3, u->size);
	return store_run(s, st, "announcing an upload");
}

bool
store_upload(struct store *s, const char *name, struct upload *u)
{
	sqlite3_stmt *st = s->st[Q_UPLOAD];
	*u = (struct upload){0};
	store_bind(st, 1, name);
	bool found = sqlite3_step(st) == SQLITE_ROW;
	if (found)
		*u = (struct upload){store_column(st, 0), store_column(st, 1),
				     sqlite3_column_int64(st, 2), sqlite3_column_int(st, 3) != 0};
	sqlite3_reset(st);
	return found;
}

bool
store_upload_confirm(struct store *s, const char *name)
{
	store_bind(s->st[Q_UPLOAD_CONFIRM], 1, name);
	return store_run(s, s->st[Q_UPLOAD_CONFIRM], "confirming an upload");
}

bool
store_upload_gone(struct store *s, const char *name)
{
	store_bind(s->st[Q_UPLOAD_GONE], 1, name);
	return store_run(s, s->st[Q_UPLOAD_GONE], "removing an upload");
}

void
upload_free(struct upload *u)
{
	free(u->name);
	free(u->type);
	*u = (struct upload){0};
}
