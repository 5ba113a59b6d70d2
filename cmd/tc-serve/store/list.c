/*
 * Lists jobs. Its statement is the only one composed per call; values are
 * bound, never written into it.
 */
#include <stdlib.h>

#include "store/db.h"
#include "json/json.h"

long
store_open_jobs(struct store *s, enum api api)
{
	sqlite3_stmt *st = s->st[Q_OPEN_JOBS];
	sqlite3_bind_int(st, 1, (int)api);
	long n = sqlite3_step(st) == SQLITE_ROW ? (long)sqlite3_column_int64(st, 0) : 0;
	sqlite3_reset(st);
	return n;
}

static void
where(struct buf *sql, const struct query *q)
{
	buf_str(sql, " FROM jobs j WHERE j.api=?");
	for (size_t i = 0; i < q->nstatus; i++)
		buf_str(sql, i == 0 ? " AND j.status IN (?" : ",?");
	if (q->nstatus)
		buf_ch(sql, ')');
	if (q->app)
		buf_str(sql, " AND " JOB_APP "=?");
	if (q->since)
		buf_str(sql, " AND j.created>=?");
	if (q->until)
		buf_str(sql, " AND j.created<=?");
	struct span key, value;
	for (struct json_iter it = json_each(q->metadata); json_next(&it, &key, &value);)
		buf_str(sql, " AND EXISTS (SELECT 1 FROM json_each(j.metadata) m WHERE m.key=? AND "
			     "m.value=?)");
}

/* Bind a JSON string, decoded. */
static void
bind_json(sqlite3_stmt *st, int i, struct span value)
{
	struct buf text = {0};
	json_decode(&text, value);
	sqlite3_bind_text64(st, i, buf_cstr(&text), text.n, SQLITE_TRANSIENT, SQLITE_UTF8);
	buf_free(&text);
}

static int
bind(sqlite3_stmt *st, const struct query *q)
{
	int i = 1;
	sqlite3_bind_int(st, i++, (int)q->api);
	for (size_t k = 0; k < q->nstatus; k++)
		store_bind(st, i++, q->status[k]);
	if (q->app)
		store_bind(st, i++, q->app);
	if (q->since)
		sqlite3_bind_int64(st, i++, q->since);
	if (q->until)
		sqlite3_bind_int64(
			st, i++,
			q->until + 999); /* times are shown in milliseconds: inclusive as shown */
	struct span key, value;
	for (struct json_iter it = json_each(q->metadata); json_next(&it, &key, &value);) {
		/* the span of a name has no quotes; in the text they are around it */
		bind_json(st, i++, (struct span){key.p - 1, key.n + 2});
		bind_json(st, i++, value);
	}
	return i;
}

static sqlite3_stmt *
prepare(struct store *s, struct buf *sql, const struct query *q, int *next)
{
	sqlite3_stmt *st = NULL;
	if (sqlite3_prepare_v2(s->db, buf_cstr(sql), -1, &st, NULL) != SQLITE_OK)
		store_fail(s, "listing jobs");
	else
		*next = bind(st, q);
	buf_free(sql);
	return st;
}

long
store_list(struct store *s, const struct query *q, void (*each)(void *ctx, const struct job *j),
	   void *ctx)
{
	struct buf sql = {0};
	long total = 0;
	int i = 0;
	buf_str(&sql, "SELECT count(*)");
	where(&sql, q);
	sqlite3_stmt *st = prepare(s, &sql, q, &i);
	if (st && sqlite3_step(st) == SQLITE_ROW)
		total = (long)sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);

	buf_str(&sql, "SELECT " JOB_COLUMNS);
	where(&sql, q);
	if (q->before)
		buf_str(&sql, " AND j.seq<?");
	buf_str(&sql, " ORDER BY j.seq DESC LIMIT ? OFFSET ?");
	st = prepare(s, &sql, q, &i);
	if (!st)
		return 0;
	if (q->before)
		sqlite3_bind_int64(st, i++, q->before);
	sqlite3_bind_int64(st, i++, q->limit);
	sqlite3_bind_int64(st, i, q->offset);
	while (sqlite3_step(st) == SQLITE_ROW) {
		struct job j;
		store_row(s, st, &j);
		each(ctx, &j);
		job_free(&j);
	}
	sqlite3_finalize(st);
	return total;
}
