/* Undelivered webhooks, so that a restart resumes them. */
#include <stdlib.h>

#include "store/db.h"

bool
store_delivery_add(struct store *s, const struct delivery *d)
{
	sqlite3_stmt *st = s->st[Q_DELIVERY_ADD];
	store_bind(st, 1, d->id);
	store_bind(st, 2, d->url);
	store_bind(st, 3, d->body);
	sqlite3_bind_int64(st, 4, d->tries);
	sqlite3_bind_int64(st, 5, d->due);
	return store_run(s, st, "keeping a webhook");
}

bool
store_delivery_put(struct store *s, const char *id, unsigned tries, int64_t due)
{
	sqlite3_stmt *st = s->st[Q_DELIVERY_PUT];
	store_bind(st, 1, id);
	sqlite3_bind_int64(st, 2, tries);
	sqlite3_bind_int64(st, 3, due);
	return store_run(s, st, "counting the tries of a webhook");
}

bool
store_delivery_done(struct store *s, const char *id)
{
	sqlite3_stmt *st = s->st[Q_DELIVERY_DONE];
	store_bind(st, 1, id);
	return store_run(s, st, "forgetting a webhook");
}

void
store_deliveries(struct store *s, void (*each)(void *ctx, struct delivery *d), void *ctx)
{
	sqlite3_stmt *st = s->st[Q_DELIVERIES];
	int rc;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		struct delivery d = {store_column(st, 0), store_column(st, 1), store_column(st, 2),
				     (unsigned)sqlite3_column_int(st, 3),
				     sqlite3_column_int64(st, 4)};
		each(ctx, &d);
	}
	if (rc != SQLITE_DONE)
		store_fail(s, "reading the webhooks");
	sqlite3_reset(st);
}
