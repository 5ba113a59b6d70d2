/* Opens the database; helpers for the other files of store/. */
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "store/db.h"

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS jobs (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL "
	"UNIQUE,"
	" api INTEGER NOT NULL, status TEXT NOT NULL, ended INTEGER NOT NULL, request TEXT NOT "
	"NULL,"
	" inputs TEXT NOT NULL, metadata TEXT, key TEXT, probe TEXT, rank INTEGER NOT NULL,"
	" created INTEGER NOT NULL, updated INTEGER NOT NULL, started INTEGER NOT NULL,"
	" completed INTEGER NOT NULL, error_code TEXT, error TEXT);"
	"CREATE INDEX IF NOT EXISTS jobs_open ON jobs (api) WHERE ended = 0;"
	"CREATE TABLE IF NOT EXISTS outputs (seq INTEGER NOT NULL, n INTEGER NOT NULL, rank "
	"INTEGER NOT NULL,"
	" id TEXT NOT NULL, spec TEXT NOT NULL, status TEXT NOT NULL, path TEXT NOT NULL,"
	" progress INTEGER NOT NULL, size INTEGER NOT NULL, seconds REAL NOT NULL, width INTEGER "
	"NOT NULL,"
	" height INTEGER NOT NULL, error_code TEXT, error TEXT, PRIMARY KEY (seq, n)) WITHOUT "
	"ROWID;"
	"CREATE INDEX IF NOT EXISTS outputs_todo ON outputs (rank DESC, seq, n) WHERE status = "
	"'pending';"
	"CREATE TABLE IF NOT EXISTS uploads (name TEXT PRIMARY KEY, type TEXT NOT NULL, size "
	"INTEGER NOT NULL,"
	" confirmed INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT "
	"ROWID;";

/* Changes since the first version of the tables, counted by user_version. */
static const char *const upgrades[] = {
	"ALTER TABLE jobs ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE deliveries (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, "
	"url TEXT NOT NULL,"
	" body TEXT NOT NULL, tries INTEGER NOT NULL, due INTEGER NOT NULL);",
	"CREATE TABLE videos (id TEXT PRIMARY KEY, upload TEXT NOT NULL, name TEXT NOT NULL, type "
	"TEXT NOT NULL,"
	" size INTEGER NOT NULL, part INTEGER NOT NULL, parts INTEGER NOT NULL, status TEXT NOT "
	"NULL, job TEXT,"
	" app TEXT NOT NULL, created INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE parts (video TEXT NOT NULL, n INTEGER NOT NULL, etag TEXT NOT NULL, PRIMARY "
	"KEY (video, n))"
	" WITHOUT ROWID;",
	"ALTER TABLE videos ADD COLUMN request TEXT NOT NULL DEFAULT '{}';",
	"DROP INDEX IF EXISTS jobs_key;"
	"CREATE UNIQUE INDEX jobs_app_key ON jobs (api, key, " JOB_APP ") WHERE key IS NOT NULL;",
	"ALTER TABLE videos ADD COLUMN updated INTEGER NOT NULL DEFAULT 0;",
};

static const char *const sql[Q_COUNT] = {
	[Q_ADD] = "INSERT INTO jobs "
		  "(id,api,status,ended,request,inputs,metadata,key,rank,created,updated,started,"
		  "completed) VALUES (?1,?2,?3,0,?4,?5,?6,?7,?8,?9,?9,0,0)",
	[Q_ADD_OUTPUT] = "INSERT INTO outputs "
			 "(seq,n,rank,id,spec,status,path,progress,size,seconds,width,height)"
			 " VALUES (?1,?2,?3,?4,?5,?6,?7,0,0,0,0,0)",
	[Q_GET] = "SELECT " JOB_COLUMNS " FROM jobs j WHERE j.id=?1 AND j.api=?2",
	[Q_BY_KEY] =
		"SELECT " JOB_COLUMNS " FROM jobs j WHERE j.key=?1 AND j.api=?2 AND " JOB_APP "=?3",
	[Q_OUTPUTS] =
		"SELECT n,id,spec,status,path,progress,size,seconds,width,height,error_code,error"
		" FROM outputs WHERE seq=?1 ORDER BY n",
	[Q_PUT] = "UPDATE jobs SET "
		  "status=?2,ended=?3,probe=?4,updated=?5,started=?6,completed=?7,error_code=?8,"
		  "error=?9,confirmed=?10 WHERE seq=?1",
	[Q_PUT_OUTPUT] =
		"UPDATE outputs SET status=?3,progress=?4,size=?5,seconds=?6,width=?7,height=?8,"
		"error_code=?9,error=?10 WHERE seq=?1 AND n=?2",
	[Q_PROGRESS] = "UPDATE outputs SET progress=?3 WHERE seq=(SELECT seq FROM jobs WHERE "
		       "id=?1) AND n=?2",
	[Q_NEXT] = "SELECT " JOB_COLUMNS
		   ",o.n FROM outputs o JOIN jobs j ON j.seq=o.seq WHERE o.status='pending'"
		   " ORDER BY o.rank DESC, o.seq, o.n LIMIT 1",
	[Q_OPEN_JOBS] = "SELECT count(*) FROM jobs WHERE ended=0 AND api=?1",
	[Q_DELIVERY_ADD] = "INSERT INTO deliveries (id,url,body,tries,due) VALUES (?1,?2,?3,?4,?5)",
	[Q_DELIVERY_PUT] = "UPDATE deliveries SET tries=?2,due=?3 WHERE id=?1",
	[Q_DELIVERY_DONE] = "DELETE FROM deliveries WHERE id=?1",
	[Q_DELIVERIES] = "SELECT id,url,body,tries,due FROM deliveries ORDER BY seq",
	[Q_BEGIN] = "BEGIN IMMEDIATE",
	[Q_COMMIT] = "COMMIT",
	[Q_ROLLBACK] = "ROLLBACK",
	[Q_UPLOAD_ADD] = "INSERT INTO uploads VALUES (?1,?2,?3,0)",
	[Q_UPLOAD] = "SELECT name,type,size,confirmed FROM uploads WHERE name=?1",
	[Q_UPLOAD_CONFIRM] = "UPDATE uploads SET confirmed=1 WHERE name=?1",
	[Q_UPLOAD_GONE] = "DELETE FROM uploads WHERE name=?1",
	[Q_VIDEO_ADD] =
		"INSERT INTO videos VALUES (?1,?2,?3,?4,?5,?6,?7,'uploading',NULL,?8,?9,?10,0)",
	[Q_VIDEO] = "SELECT " VIDEO_COLUMNS " FROM videos v WHERE v.id=?1",
	[Q_VIDEOS] = "SELECT " VIDEO_COLUMNS " FROM " VIDEO_MATCH
		     " AND (?3=0 OR v.created<?3 OR (v.created=?3 AND v.id<?4))"
		     " ORDER BY v.created DESC, v.id DESC LIMIT ?5",
	[Q_VIDEOS_COUNT] = "SELECT count(*) FROM " VIDEO_MATCH,
	[Q_VIDEO_UPDATE] = "UPDATE videos SET request=?2,updated=?3 WHERE id=?1",
	[Q_VIDEO_STATUS] = "UPDATE videos SET status=?2,job=?3 WHERE id=?1",
	[Q_VIDEO_GONE] = "DELETE FROM videos WHERE id=?1",
	[Q_PART_PUT] = "INSERT OR REPLACE INTO parts VALUES (?1,?2,?3)",
	[Q_PART] = "SELECT etag FROM parts WHERE video=?1 AND n=?2",
	[Q_SECRET] = "SELECT value FROM secrets WHERE name='url'",
	[Q_SECRET_ADD] = "INSERT INTO secrets VALUES ('url', lower(hex(randomblob(32))))",
};

void
store_on_change(struct store *s, void (*changed)(void *ctx), void *ctx)
{
	s->changed = changed;
	s->changed_ctx = ctx;
}

void
store_changed(const struct store *s)
{
	if (s->changed)
		s->changed(s->changed_ctx);
}

void
store_fail(struct store *s, const char *doing)
{
	if (s->broken)
		return;
	msg_error("job database: %s: %s", doing, sqlite3_errmsg(s->db));
	s->broken = true;
	store_changed(s);
}

bool
store_run(struct store *s, sqlite3_stmt *st, const char *doing)
{
	bool ok = sqlite3_step(st) == SQLITE_DONE;
	if (!ok)
		store_fail(s, doing);
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return ok;
}

void
store_bind(sqlite3_stmt *st, int i, const char *text)
{
	if (text)
		sqlite3_bind_text(st, i, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(st, i);
}

char *
store_column(sqlite3_stmt *st, int i)
{
	const unsigned char *t = sqlite3_column_text(st, i);
	return t ? mem_dup(span_of((const char *)t)) : NULL;
}

static bool
prepare(struct store *s)
{
	for (size_t i = 0; i < Q_COUNT; i++)
		if (sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->st[i],
				       NULL) != SQLITE_OK)
			return false;
	return true;
}

/* Bring the tables of an older version up to date. */
static bool
upgrade(struct store *s)
{
	sqlite3_stmt *st = NULL;
	size_t have = 0;
	if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		have = (size_t)sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	for (; have < sizeof upgrades / sizeof *upgrades; have++) {
		struct buf text = {0};
		buf_fmt(&text, "BEGIN; %s PRAGMA user_version=%zu; COMMIT;", upgrades[have],
			have + 1);
		bool ok = sqlite3_exec(s->db, buf_cstr(&text), NULL, NULL, NULL) == SQLITE_OK;
		buf_free(&text);
		if (!ok)
			return false;
	}
	return true;
}

struct store *
store_open(const char *dir)
{
	struct store *s = mem_zero(sizeof *s);
	struct buf path = {0};
	buf_fmt(&path, "%s/jobs.sqlite", dir);
	/*
	 * Exclusive: two servers on one directory would run each job twice. WAL
	 * with NORMAL: a crash of the server loses nothing, and no call waits for the disk.
	 */
	bool ok = sqlite3_open(buf_cstr(&path), &s->db) == SQLITE_OK &&
		  sqlite3_exec(s->db,
			       "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
			       " PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE; COMMIT;",
			       NULL, NULL, NULL) == SQLITE_OK &&
		  sqlite3_exec(s->db, schema, NULL, NULL, NULL) == SQLITE_OK && upgrade(s) &&
		  prepare(s);
	if (!ok) {
		if (sqlite3_errcode(s->db) == SQLITE_BUSY)
			msg_error("%s: another tc-serve is using it: stop that one, or give --dir",
				  dir);
		else
			msg_error("%s: %s", buf_cstr(&path), sqlite3_errmsg(s->db));
		store_close(s);
		s = NULL;
	}
	buf_free(&path);
	return s;
}

void
store_close(struct store *s)
{
	for (size_t i = 0; i < Q_COUNT; i++)
		sqlite3_finalize(s->st[i]);
	if (sqlite3_close(s->db) != SQLITE_OK)
		msg_error("job database: cannot close: %s", sqlite3_errmsg(s->db));
	free(s);
}

bool
store_broken(const struct store *s)
{
	return s->broken;
}

static void
each_partial(struct store *s, void (*partial)(void *ctx, const char *path), void *ctx)
{
	sqlite3_stmt *st = NULL;
	if (sqlite3_prepare_v2(s->db, "SELECT path FROM outputs WHERE status='processing'", -1, &st,
			       NULL) == SQLITE_OK)
		while (sqlite3_step(st) == SQLITE_ROW)
			partial(ctx, (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
}

void
store_recover(struct store *s, void (*partial)(void *ctx, const char *path), void *ctx)
{
	each_partial(s, partial, ctx);
	if (sqlite3_exec(s->db,
			 "BEGIN; UPDATE outputs SET status='pending', progress=0 WHERE "
			 "status='processing';"
			 " UPDATE jobs SET status='pending' WHERE status IN "
			 "('probing','processing'); COMMIT;",
			 NULL, NULL, NULL) != SQLITE_OK)
		store_fail(s, "putting jobs back");
}

bool
store_secret(struct store *s, struct buf *out)
{
	for (int try = 0; try < 2; try++) {
		bool found = sqlite3_step(s->st[Q_SECRET]) == SQLITE_ROW;
		if (found)
			buf_str(out, (const char *)sqlite3_column_text(s->st[Q_SECRET], 0));
		sqlite3_reset(s->st[Q_SECRET]);
		if (found || !store_run(s, s->st[Q_SECRET_ADD], "making a secret"))
			return found;
	}
	return false;
}
