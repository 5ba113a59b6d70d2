#include "service/joblist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/msg.h"
#include "service/question.h"
#include "json/json.h"

enum { SECONDS_LONG = sizeof "2026-02-28T10:00:00" - 1 };

/* The furthest that local time is from UTC. */
#define ZONE_MOST (14 * 3600 * SECOND)
/* The end of the year 9999, the last second of RFC 3339: what is until then is everything. */
#define TIME_LAST (253402300799 * SECOND)

/* A service that shows nothing new for so many pages shows the same one again and again. */
enum { STALE_MAX = 3 };

/* What a service may say of a page after its last one. */
static const struct numbers no_such_page = {(int[]){400, 404, 410, 416, 422}, 5};

bool
joblist_ended(const struct joblist *l, const struct call_result *r)
{
	return l->beyond && r->kind == CALL_FAILED && numbers_have(&no_such_page, r->status);
}

void
joblist_start(struct joblist *l, int64_t since)
{
	free(l->cursor);
	l->cursor = NULL;
	l->page = 1;
	l->since = since;
	l->unread = l->repeats = l->cut = l->next_is_address = l->beyond = false;
	l->unnamed = l->stale = 0;
	seen_free(&l->ids);
}

/* Append a time as the service writes it. */
static void
add_time(struct buf *out, const struct profile *p, int64_t at)
{
	if (p->list_time == TIME_RFC3339)
		date_rfc3339(out, at);
	else
		buf_fmt(out, "%lld",
			(long long)(at / (p->list_time == TIME_S ? SECOND : MILLISECOND)));
}

void
joblist_request(struct service *s, struct service_item *st, const struct joblist *l)
{
	const struct profile *p = s->profile;
	char page[24], limit[24];
	struct buf since = {0}, until = {0};
	bool number = p->list_time != TIME_RFC3339;
	add_time(&since, p, l->since);
	if (l->until || (p->list.body && strstr(p->list.body, "{until}")))
		add_time(&until, p, l->until ? l->until : TIME_LAST);
	snprintf(page, sizeof page, "%u", l->page);
	snprintf(limit, sizeof limit, "%ld", p->list_max);
	struct template_value fills[] = {
		{.name = "page", .value = page},
		{.name = "limit", .value = limit},
		{.name = "since", .value = buf_cstr(&since), .number = number},
		{.name = "until", .value = buf_cstr(&until), .number = number},
		{.name = "status", .value = l->status},
		{.name = "cursor", .value = l->cursor},
		{.name = "from",
		 .value = l->cursor ? l->cursor : buf_cstr(&since),
		 .number = number},
	};
	struct call next = p->list;
	struct call_request ask = {.call = &next,
				   .fills = fills,
				   .fills_n = sizeof fills / sizeof *fills,
				   .question = !l->optional};
	if (l->beyond)
		ask.final = &no_such_page;
	if (l->next_is_address) {
		next.path = l->cursor;
		ask.fills_n = 0;
	}
	service_call(s, st, &ask);
	buf_free(&since);
	buf_free(&until);
}

/* Set *at to the creation time, and *latest to when that may be at the latest. */
static bool
created_by(const struct profile *p, struct span job, int64_t *at, int64_t *latest)
{
	char *made = profile_find(&p->list_created, job), *end = NULL;
	bool known = false, local = false;
	if (made && p->list_time == TIME_RFC3339) {
		/* a date alone is not precise enough, and the year 1 or 1970 is that of no job */
		known = strlen(made) >= SECONDS_LONG && date_parse(made, at) && *at > 0;
		local = known && date_is_local(made);
	} else if (made) {
		double n = strtod(made, &end);
		known = end != made && !*end && n > 0 && n < 1e15;
		if (known)
			*at = (int64_t)(n *
					(double)(p->list_time == TIME_S ? SECOND : MILLISECOND));
	}
	free(made);
	if (known)
		*latest = *at + (local ? ZONE_MOST : 0);
	return known;
}

bool
joblist_created(const struct profile *p, struct span job, int64_t *at)
{
	int64_t latest;
	return created_by(p, job, at, &latest);
}

char *
joblist_id(const struct profile *p, struct span job)
{
	return profile_find(p->list_id.n ? &p->list_id : &p->id, job);
}

struct reading {
	const struct service *s;
	struct joblist *l;
	void (*each)(void *, struct span);
	void *ctx;
	size_t jobs, fresh;
};

static bool
on_job(void *ctx, struct span item)
{
	struct reading *r = ctx;
	struct span job = service_job(r->s, item);
	int64_t at, latest;
	char *id = joblist_id(r->s->profile, job);
	r->jobs++;
	r->fresh += id && seen_add(&r->l->ids, span_of(id));
	r->l->unnamed += !id;
	free(id);
	if (!created_by(r->s->profile, job, &at, &latest) ||
	    latest >= r->l->since / SECOND * SECOND)
		r->each(r->ctx, job);
	return true;
}

/* Return whether the response has a list. null counts: some services write it for an empty one. */
static bool
has_list(const struct profile *p, struct span reply)
{
	struct span v;
	for (size_t i = 0; i < p->list_items.n; i++)
		if (json_at(reply, p->list_items.v[i], &v) &&
		    (json_type(v) == JSON_ARRAY || json_type(v) == JSON_NULL))
			return true;
	return false;
}

/* Return what a pointer of /list/next finds; "-" in it stands for the last element. */
static char *
next_at(const char *pointer, struct span reply)
{
	const char *last = strstr(pointer, "/-/");
	struct strings one = {(char *[]){(char *)pointer}, 1};
	struct span list, key, v = {0}, e;
	if (!last)
		return profile_find(&one, reply);
	char *before = mem_dup((struct span){pointer, (size_t)(last - pointer)});
	if (json_at(reply, before, &list))
		for (struct json_iter it = json_each(list); json_next(&it, &key, &e);)
			v = e;
	free(before);
	one.v = (char *[]){(char *)last + 2};
	return v.n ? profile_find(&one, v) : NULL;
}

/*
 * Return what follows the service's base URL in an address, because it is
 * requested below our base URL, whatever host it names. Return NULL for any
 * other address, which must not get the key.
 */
static char *
behind_base(const struct service *s, const char *address)
{
	const char *bases[] = {s->own_url, s->base_url};
	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(bases[i]);
		while (n && bases[i][n - 1] == '/')
			n--;
		if (strncmp(address, bases[i], n) == 0 && (address[n] == '/' || address[n] == '?'))
			return mem_dup(span_of(address + n));
	}
	return NULL;
}

static bool
is_address(const char *s)
{
	return strncmp(s, "https://", 8) == 0 || strncmp(s, "http://", 7) == 0;
}

/* Move on to the page that the response names. Return false if it names none. */
static bool
move_on(const struct service *s, struct joblist *l, struct span reply, bool full)
{
	const struct strings *pointers = &s->profile->list_next;
	char *next = NULL;
	bool of_last = false;
	for (size_t i = 0; i < pointers->n && !next; i++) {
		next = next_at(pointers->v[i], reply);
		of_last = strstr(pointers->v[i], "/-/") != NULL;
	}
	l->next_is_address = false;
	if (next && is_address(next)) {
		char *path = behind_base(s, next);
		if (!path)
			msg_warn("the next page is at %.*s, which is not followed: that is not the "
				 "service's base URL",
				 (int)http_origin(next).n, next);
		l->cut = l->unread = !path;
		l->next_is_address = path != NULL;
		free(next);
		next = path;
	}
	/* a page that names itself as the next one would be read forever */
	bool more = next && (!of_last || full) && !(l->cursor && strcmp(l->cursor, next) == 0);
	free(l->cursor);
	l->cursor = next;
	return more;
}

/*
 * Return true if a page of n jobs that is not full may not be the last one: a
 * service may show fewer jobs on a page than are asked for, a round number.
 */
static bool
may_go_on(const struct joblist *l, size_t n)
{
	return l->whole || (!l->optional && n >= 10 && n % 5 == 0);
}

bool
joblist_read(const struct service *s, struct joblist *l, struct span reply,
	     void (*each)(void *, struct span), void *ctx)
{
	struct reading r = {.s = s, .l = l, .each = each, .ctx = ctx};
	if (!has_list(s->profile, reply)) {
		l->unread = !l->beyond;
		return false;
	}
	for (size_t i = 0; i < s->profile->list_items.n; i++) {
		struct buf items = {0};
		buf_fmt(&items, "%s/*", s->profile->list_items.v[i]);
		json_walk(reply, buf_cstr(&items), on_job, &r);
		buf_free(&items);
	}
	const struct call *c = &s->profile->list;
	bool full = r.jobs >= (size_t)s->profile->list_max;
	bool counted = strstr(c->path, "{page}") || (c->body && strstr(c->body, "{page}"));
	bool go_on = full || (r.fresh && may_go_on(l, r.jobs));
	bool more = s->profile->list_next.n ? move_on(s, l, reply, full) : go_on && counted;
	l->beyond = more && !full && !s->profile->list_next.n;
	if (full && !more && !s->profile->list_next.n)
		l->cut = true; /* what follows cannot be asked for */
	l->stale = r.jobs && !r.fresh ? l->stale + 1 : 0;
	if (more && l->stale >= STALE_MAX)
		l->unread = l->repeats = l->cut = true;
	if (more && l->page++ >= (l->pages_max ? l->pages_max : PAGES_MAX))
		l->cut = true;
	return more && !l->cut;
}

bool
joblist_again(struct service *s, struct service_item *st, struct joblist *l)
{
	struct failure e = {0};
	if (!l->unread || l->cut) {
		st->odd = 0;
		return false;
	}
	failure_set(&e, "bad_response", true, "the reply has no list of jobs");
	bool again = question_again(s, st, &e);
	l->unread = !again;
	failure_free(&e);
	return again;
}

void
joblist_free(struct joblist *l)
{
	free(l->cursor);
	seen_free(&l->ids);
	*l = (struct joblist){0};
}
