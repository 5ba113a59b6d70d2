/*
 * The jobs, in DIR/jobs.sqlite: what is in here survives a restart. One
 * process at a time (the database is locked); calls are made under the
 * server's mutex. A call that fails for want of disk or a sound file says so
 * on stderr and leaves store_broken() true, which ends the server.
 */
#ifndef TC_SERVE_STORE_STORE_H
#define TC_SERVE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/job.h"

struct store;

/* NULL after a line on stderr if there is no such directory, or another server has it. */
struct store *store_open(const char *dir);
void store_close(struct store *s);
bool store_broken(const struct store *s);

/* Adds a job with its outputs; sets seq. False if that failed (nothing is added). */
bool store_add(struct store *s, struct job *j);

/* Reads a job into *j (caller job_free()s); false and *j zero if there is none. */
bool store_get(struct store *s, enum api api, const char *id, struct job *j);
bool store_by_key(struct store *s, enum api api, const char *key, struct job *j);

/* Writes status, times, errors and probe of a job, and all of its outputs. */
bool store_put(struct store *s, const struct job *j);

/* Calls changed after each change of a job. One at a time; NULL: none. */
void store_on_change(struct store *s, void (*changed)(void *ctx), void *ctx);

/* Writes the progress of one output only: cheap. */
void store_progress(struct store *s, const char *id, int n, int progress);

/* The next output to encode: highest rank, then oldest. Its job in *j (caller frees), its position in *n. */
bool store_next(struct store *s, struct job *j, int *n);

/* How many jobs have not ended. */
long store_open_jobs(struct store *s, enum api api);

/* What was being worked on goes back to pending: after a crash, and when stopping. */
void store_recover(struct store *s);

/* 32 random bytes made once per state directory, as hex: the key of signed URLs. */
bool store_secret(struct store *s, struct buf *out);

struct query {
	enum api api;
	const char *status[8];
	const char *app;       /* Transcodely's app_id, NULL: all */
	size_t nstatus;
	int64_t since, until;  /* created, inclusive; 0: no bound */
	struct span metadata;  /* JSON object of members to match, or empty */
	int64_t before;        /* only jobs older than this seq; 0: all */
	long limit, offset;
};

/* Newest first; calls each with a job it may read (not keep). Returns how many match without limit, offset, before. */
long store_list(struct store *s, const struct query *q, void (*each)(void *ctx, const struct job *j), void *ctx);

/* A webhook that has not been taken yet. */
struct delivery {
	char *id, *url, *body; /* id: evt_... */
	unsigned tries;
	int64_t due;           /* wall time of the next try */
};
bool store_delivery_add(struct store *s, const struct delivery *d);
bool store_delivery_put(struct store *s, const char *id, unsigned tries, int64_t due);
bool store_delivery_done(struct store *s, const char *id);

/* Calls each with those that are left, oldest first; what it is given is its own: free the strings. */
void store_deliveries(struct store *s, void (*each)(void *ctx, struct delivery *d), void *ctx);

/* An announced upload. Strings owned by the caller of store_upload(): upload_free(). */
struct upload {
	char *name, *type;
	int64_t size;
	bool confirmed;
};
bool store_upload_add(struct store *s, const struct upload *u);
bool store_upload(struct store *s, const char *name, struct upload *u);
bool store_upload_confirm(struct store *s, const char *name);
void upload_free(struct upload *u);

#endif
