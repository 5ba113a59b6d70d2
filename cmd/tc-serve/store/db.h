/* What the files of store/ share: the database and its prepared statements. */
#ifndef TC_SERVE_STORE_DB_H
#define TC_SERVE_STORE_DB_H

#include <sqlite3.h>
#include <stdbool.h>

#include "store/store.h"

enum statement {
	Q_ADD,
	Q_ADD_OUTPUT,
	Q_GET,
	Q_BY_KEY,
	Q_OUTPUTS,
	Q_PUT,
	Q_PUT_OUTPUT,
	Q_PROGRESS,
	Q_NEXT,
	Q_OPEN_JOBS,
	Q_DELIVERY_ADD,
	Q_DELIVERY_PUT,
	Q_DELIVERY_DONE,
	Q_DELIVERIES,
	Q_BEGIN,
	Q_COMMIT,
	Q_ROLLBACK,
	Q_UPLOAD_ADD,
	Q_UPLOAD,
	Q_UPLOAD_CONFIRM,
	Q_UPLOAD_GONE,
	Q_SECRET,
	Q_SECRET_ADD,
	Q_VIDEO_ADD,
	Q_VIDEO,
	Q_VIDEO_STATUS,
	Q_VIDEO_GONE,
	Q_VIDEO_UPDATE,
	Q_VIDEOS,
	Q_VIDEOS_COUNT,
	Q_PART_PUT,
	Q_PART,
	Q_COUNT
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *st[Q_COUNT];
	bool broken;
	void (*changed)(void *ctx); /* called after each change of a job */
	void *changed_ctx;
};

/* The columns that store_row() reads, in order. */
/* The app of a job, which need not be named. */
#define JOB_APP "coalesce(json_extract(request,'$.app_id'),'" STORE_APP "')"

#define JOB_COLUMNS                                                                                \
	"j.seq,j.id,j.api,j.status,j.request,j.inputs,j.metadata,j.key,j.probe,j.rank,"            \
	"j.created,j.updated,j.started,j.completed,j.error_code,j.error,j.confirmed"

#define VIDEO_COLUMNS                                                                              \
	"v.id,v.upload,v.name,v.type,v.size,v.part,v.parts,v.status,v.job,v.app,v.created,"        \
	"v.request,v.updated"

/* The videos of a status ?1 and an app ?2; NULL: of all. A job that has ended makes the status. */
#define VIDEO_MATCH                                                                                \
	"videos v LEFT JOIN jobs j ON j.id=v.job WHERE (?2 IS NULL OR v.app=?2) AND "              \
	"(?1 IS NULL OR ?1=CASE WHEN j.ended THEN CASE j.status WHEN 'completed' THEN 'ready' "    \
	"ELSE 'error' END ELSE v.status END)"

/* Call the callback of store_on_change(). */
void store_changed(const struct store *s);

/* Print what went wrong, the first time, mark the store broken, and say that it changed. */
void store_fail(struct store *s, const char *doing);

/* Run a statement without result rows, then reset it. */
bool store_run(struct store *s, sqlite3_stmt *st, const char *doing);

/* Bind a string; NULL becomes NULL. */
void store_bind(sqlite3_stmt *st, int i, const char *text);

/* Read a job from the current row, with its outputs. */
void store_row(struct store *s, sqlite3_stmt *st, struct job *j);

/* Return a column as a string that the caller frees; NULL for NULL. */
char *store_column(sqlite3_stmt *st, int i);

#endif
