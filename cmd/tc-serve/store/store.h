/*
 * The jobs, in DIR/jobs.sqlite, which survive a restart. One process at a time
 * may open it. Calls are made under the server's lock. A call that fails, for
 * lack of disk space or on a corrupt file, prints a message and makes
 * store_broken() true, which ends the server.
 */
#ifndef TC_SERVE_STORE_STORE_H
#define TC_SERVE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/job.h"

struct store;

#define STORE_APP "app_local" /* the app of a job that names none */

/*
 * Open the database, or create it. Return NULL after a message, also if another
 * server has it open.
 */
struct store *store_open(const char *dir);
void store_close(struct store *s);
bool store_broken(const struct store *s);

/* Add a job with its outputs, and set seq. Return false, with nothing added, on failure. */
bool store_add(struct store *s, struct job *j);

/* Read a job into *j (free with job_free()). Return false with *j zero if it does not exist. */
bool store_get(struct store *s, enum api api, const char *id, struct job *j);

/* Read the job that has an idempotency key, which is of its app alone; NULL: STORE_APP. */
bool store_by_key(struct store *s, enum api api, const char *key, const char *app, struct job *j);

/* Write the status, times, errors and probe of a job, and all its outputs. */
bool store_put(struct store *s, const struct job *j);

/*
 * Call changed after each change of a job, and when the store breaks. There is
 * one callback; NULL removes it.
 */
void store_on_change(struct store *s, void (*changed)(void *ctx), void *ctx);

/* Write the progress of one output only, which is cheap. */
void store_progress(struct store *s, const char *id, int n, int progress);

/*
 * Find the next output to encode: highest rank first, then the oldest. Set *j
 * to its job (free with job_free()), *n to its position.
 */
bool store_next(struct store *s, struct job *j, int *n);

/* Return how many jobs have not ended. */
long store_open_jobs(struct store *s, enum api api);

/*
 * Return running jobs to pending, after a crash and when stopping. Before that,
 * call partial() for each output that is not whole, with its path below files/:
 * to remove it may give a full disk the room that the database wants.
 */
void store_recover(struct store *s, void (*partial)(void *ctx, const char *path), void *ctx);

/* Append the key of signed URLs: 32 random bytes as hex, made once per state directory. */
bool store_secret(struct store *s, struct buf *out);

struct query {
	enum api api;
	const char *status[8];
	const char *app; /* Transcodely's app_id, NULL: all */
	size_t nstatus;
	int64_t since, until; /* created, inclusive; 0: no bound */
	struct span metadata; /* JSON object of members to match, or empty */
	int64_t before;       /* only jobs older than this seq; 0: all */
	long limit, offset;
};

/*
 * List jobs, newest first: call each with a job that it may read but not keep.
 * Return how many match regardless of limit, offset and before.
 */
long store_list(struct store *s, const struct query *q,
		void (*each)(void *ctx, const struct job *j), void *ctx);

/* A webhook that has not been delivered yet. */
struct delivery {
	char *id, *url, *body; /* id: evt_... */
	unsigned tries;
	int64_t due; /* wall time of the next try */
};
bool store_delivery_add(struct store *s, const struct delivery *d);
bool store_delivery_put(struct store *s, const char *id, unsigned tries, int64_t due);
bool store_delivery_done(struct store *s, const char *id);

/* Call each with the undelivered webhooks, oldest first. The callee frees the strings. */
void store_deliveries(struct store *s, void (*each)(void *ctx, struct delivery *d), void *ctx);

/* An announced upload. Free what store_upload() returned with upload_free(). */
struct upload {
	char *name, *type;
	int64_t size;
	bool confirmed;
};
bool store_upload_add(struct store *s, const struct upload *u);
bool store_upload(struct store *s, const char *name, struct upload *u);
bool store_upload_confirm(struct store *s, const char *name);
bool store_upload_gone(struct store *s, const char *name);
void upload_free(struct upload *u);

/* A video of Transcodely's, which an upload makes. Strings are owned: video_free(). */
struct video {
	char *id, *upload, *name, *type, *status, *job, *app,
		*request; /* name: of its file; job: NULL before there is one; request: JSON */
	int64_t size, part, created, updated; /* updated: 0: it was not */
	long parts;                           /* 0: it is put as a whole */
};
bool store_video_add(struct store *s, const struct video *v);
bool store_video(struct store *s, const char *id, struct video *v);
bool store_video_status(struct store *s, const char *id, const char *status, const char *job);
bool store_video_gone(struct store *s, const char *id);

/* Write the request, and updated. */
bool store_video_update(struct store *s, const struct video *v);

struct video_query {
	const char *status, *app; /* NULL: all */
	int64_t before;           /* only videos older than that, or as old and with a lesser id; */
	const char *before_id;    /* 0: all */
	long limit;
};

/*
 * List videos, newest first: call each with a video that it may read but not
 * keep. Return how many match regardless of limit and before.
 */
long store_videos(struct store *s, const struct video_query *q,
		  void (*each)(void *ctx, const struct video *v), void *ctx);
bool store_part_put(struct store *s, const char *video, long n, const char *etag);

/* Return the ETag of a part that was put, or NULL. The caller frees it. */
char *store_part(struct store *s, const char *video, long n);
void video_free(struct video *v);

#endif
