#include "listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "date.h"
#include "json.h"

enum { PAGES_MAX = 200 };

void
listing_start(struct listing *l, int64_t since)
{
	free(l->cursor);
	l->cursor = NULL;
	l->page = 1;
	l->since.n = 0;
	date_rfc3339(&l->since, since);
}

void
listing_send(struct service *s, struct step *st, const struct listing *l)
{
	char page[24], limit[24];
	char *since = mem_dup(buf_all(&l->since));
	snprintf(page, sizeof page, "%u", l->page);
	snprintf(limit, sizeof limit, "%ld", s->profile->list_max);
	struct template_value fills[] = {
		{.name = "page", .value = page}, {.name = "limit", .value = limit}, {.name = "since", .value = since},
		{.name = "cursor", .value = l->cursor}};
	struct ask ask = {.call = &s->profile->list, .fills = fills, .fills_n = sizeof fills / sizeof *fills, .question = !l->optional};
	service_send(s, st, &ask);
	free(since);
}

struct reading {
	const struct service *s;
	const struct listing *l;
	void (*hit)(void *, struct span);
	void *ctx;
	size_t jobs;
};

static bool
too_old(const struct reading *r, struct span job)
{
	char *made = profile_find(&r->s->profile->list_created, job);
	/* RFC 3339 in UTC sorts as text, down to the second */
	bool old = made && strlen(made) >= 19 && r->l->since.n >= 19 && strncmp(made, r->l->since.p, 19) < 0;
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

bool
listing_read(const struct service *s, struct listing *l, struct span reply, void (*hit)(void *, struct span), void *ctx)
{
	struct reading r = {.s = s, .l = l, .hit = hit, .ctx = ctx};
	for (size_t i = 0; i < s->profile->list_items.n; i++) {
		struct buf each = {0};
		buf_fmt(&each, "%s/*", s->profile->list_items.v[i]);
		json_walk(reply, buf_cstr(&each), take, &r);
		buf_free(&each);
	}
	if (l->page++ >= PAGES_MAX)
		return false;
	if (!s->profile->list_next.n)
		return r.jobs >= (size_t)s->profile->list_max;
	free(l->cursor);
	l->cursor = profile_find(&s->profile->list_next, reply);
	return l->cursor != NULL;
}

void
listing_free(struct listing *l)
{
	free(l->cursor);
	buf_free(&l->since);
	*l = (struct listing){0};
}
