/* Videos and the parts of their uploads. */
#include <stdlib.h>

#include "store/db.h"

bool
store_video_add(struct store *s, const struct video *v)
{
	sqlite3_stmt *st = s->st[Q_VIDEO_ADD];
	store_bind(st, 1, v->id);
	store_bind(st, 2, v->upload);
	store_bind(st, 3, v->name);
	store_bind(st, 4, v->type);
	sqlite3_bind_int64(st, 5, v->size);
	sqlite3_bind_int64(st, 6, v->part);
	sqlite3_bind_int64(st, 7, v->parts);
	store_bind(st, 8, v->app);
	sqlite3_bind_int64(st, 9, v->created);
	store_bind(st, 10, v->request);
	return store_run(s, st, "adding a video");
}

/* Read a video from the current row. */
static void
read_row(sqlite3_stmt *st, struct video *v)
{
	char **const text[] = {&v->id, &v->upload, &v->name,   &v->type, NULL,
			       NULL,   NULL,       &v->status, &v->job,  &v->app};
	for (int i = 0; i < 10; i++)
		if (text[i])
			*text[i] = store_column(st, i);
	v->size = sqlite3_column_int64(st, 4);
	v->part = sqlite3_column_int64(st, 5);
	v->parts = (long)sqlite3_column_int64(st, 6);
	v->created = sqlite3_column_int64(st, 10);
	v->request = store_column(st, 11);
	v->updated = sqlite3_column_int64(st, 12);
}

bool
store_video(struct store *s, const char *id, struct video *v)
{
	sqlite3_stmt *st = s->st[Q_VIDEO];
	*v = (struct video){0};
	store_bind(st, 1, id);
	bool found = sqlite3_step(st) == SQLITE_ROW;
	if (found)
		read_row(st, v);
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return found;
}

bool
store_video_status(struct store *s, const char *id, const char *status, const char *job)
{
	sqlite3_stmt *st = s->st[Q_VIDEO_STATUS];
	store_bind(st, 1, id);
	store_bind(st, 2, status);
	store_bind(st, 3, job);
	return store_run(s, st, "changing a video");
}

bool
store_video_gone(struct store *s, const char *id)
{
	sqlite3_stmt *st = s->st[Q_VIDEO_GONE];
	store_bind(st, 1, id);
	return store_run(s, st, "deleting a video");
}

bool
store_video_update(struct store *s, const struct video *v)
{
	sqlite3_stmt *st = s->st[Q_VIDEO_UPDATE];
	store_bind(st, 1, v->id);
	store_bind(st, 2, v->request);
	sqlite3_bind_int64(st, 3, v->updated);
	return store_run(s, st, "changing a video");
}

long
store_videos(struct store *s, const struct video_query *q,
	     void (*each)(void *ctx, const struct video *v), void *ctx)
{
	sqlite3_stmt *st = s->st[Q_VIDEOS_COUNT];
	store_bind(st, 1, q->status);
	store_bind(st, 2, q->app);
	long total = sqlite3_step(st) == SQLITE_ROW ? (long)sqlite3_column_int64(st, 0) : 0;
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);

	st = s->st[Q_VIDEOS];
	store_bind(st, 1, q->status);
	store_bind(st, 2, q->app);
	sqlite3_bind_int64(st, 3, q->before);
	store_bind(st, 4, q->before_id);
	sqlite3_bind_int64(st, 5, q->limit);
	while (sqlite3_step(st) == SQLITE_ROW) {
		struct video v = {0};
		read_row(st, &v);
		each(ctx, &v);
		video_free(&v);
	}
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return total;
}

bool
store_part_put(struct store *s, const char *video, long n, const char *etag)
{
	sqlite3_stmt *st = s->st[Q_PART_PUT];
	store_bind(st, 1, video);
	sqlite3_bind_int64(st, 2, n);
	store_bind(st, 3, etag);
	return store_run(s, st, "noting a part");
}

char *
store_part(struct store *s, const char *video, long n)
{
	sqlite3_stmt *st = s->st[Q_PART];
	store_bind(st, 1, video);
	sqlite3_bind_int64(st, 2, n);
	char *etag = sqlite3_step(st) == SQLITE_ROW ? store_column(st, 0) : NULL;
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	return etag;
}

void
video_free(struct video *v)
{
	free(v->id);
	free(v->upload);
	free(v->name);
	free(v->type);
	free(v->status);
	free(v->job);
	free(v->app);
	free(v->request);
	*v = (struct video){0};
}
