#include "service/joblist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "json/json.h"

enum { PAGES_MAX = 200, SECONDS_LONG = sizeof "2026-02-28T10:00:00" - 1 };

void
joblist_start(struct joblist *l, int64_t since)
{
	free(l->cursor);
	l->cursor = NULL;
	l->page = 1;
	l->since = since;
	l->unread = l->cut = false;
}

void
joblist_request(struct service *s, struct service_item *st, const struct joblist *l)
{
	char page[24], limit[24];
	struct buf since = {0};
	date_rfc3339(&since, l->since);
	snprintf(page, sizeof page, "%u", l->page);
	snprintf(limit, sizeof limit, "%ld", s->profile->list_max);
	struct template_value fills[] = {
		{.name = "page", .value = page}, {.name = "limit", .value = limit}, {.name = "since", .value = buf_cstr(&since)},
		{.name = "cursor", .value = l->cursor}};
	struct call_request ask = {.call = &s->profile->list, .fills = fills, .fills_n = sizeof fills / sizeof *fills, .question = !l->optional};
	service_call(s, st, &ask);
	buf_free(&since);
}

struct reading {
	const struct service *s;
	const struct joblist *l;
	void (*hit)(void *, struct span);
	void *ctx;
	size_t jobs;
};

static bool
too_old(const struct reading *r, struct span job)
{
	char *made = profile_find(&r->s->profile->list_created, job);
	int64_t at;
	/* a date alone says too little */
	bool old = made && strlen(made) >= SECONDS_LONG && date_parse(made, &at) && at < r->l->since / SECOND * SECOND;
	free(made);
	return old;
}

static bool
take(void *ctx, struct span job)
{
	struct reading *r = ctx;
	r->jobs++;
	if (!too_old(r, job))
		r->hit(r->ctx, job);
	return true;
}

/* An empty list is one, and null, as some write it. */
static bool
has_list(const struct profile *p, struct span reply)
{
	struct span v;
	for (size_t i = 0; i < p->list_items.n; i++)
		if (json_at(reply, p->list_items.v[i], &v) && (json_type(v) == JSON_ARRAY || json_type(v) == JSON_NULL))
			return true;
	return false;
}

bool
joblist_read(const struct service *s, struct joblist *l, struct span reply, void (*hit)(void *, struct span), void *ctx)
{
	struct reading r = {.s = s, .l = l, .hit = hit, .ctx = ctx};
	l->unread |= !has_list(s->profile, reply);
	for (size_t i = 0; i < s->profile->list_items.n; i++) {
		struct buf each = {0};
		buf_fmt(&each, "%s/*", s->profile->list_items.v[i]);
		json_walk(reply, buf_cstr(&each), take, &r);
		buf_free(&each);
	}
	bool more = r.jobs >= (size_t)s->profile->list_max;
	if (s->profile->list_next.n) {
		free(l->cursor);
		l->cursor = profile_find(&s->profile->list_next, reply);
		more = l->cursor != NULL;
	}
	l->cut = more && l->page++ >= PAGES_MAX;
	return more && !l->cut;
}

void
joblist_free(struct joblist *l)
{
	free(l->cursor);
	*l = (struct joblist){0};
}
