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

bool
store_video(struct store *s, const char *id, struct video *v)
{
	sqlite3_stmt *st = s->st[Q_VIDEO];
	*v = (struct video){0};
	store_bind(st, 1, id);
	bool found = sqlite3_step(st) == SQLITE_ROW;
	if (found) {
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
	}
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
