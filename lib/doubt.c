#include "doubt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "request.h"

/* A service may list a job a moment after it has made it; its clock shows whole seconds. */
enum { SETTLE_MS = 700, CLOCK_MARGIN = 2, CLOCK_MARGIN_UNKNOWN = 60, PAGES_MAX = 50, UNSENT_SECONDS = 10 };

void
doubt_claim(struct doubt *d, const char *id)
{
	seen_add(&d->claimed, span_of(id));
}

void
doubt_give_up(struct look *look, struct failure *e, const char *why)
{
	fail_set(e, look->code ? look->code : "in_doubt", false,
		 "the answer to the create was lost (%s) and %s: a job may have been made; look for it, or use --in-doubt=create",
		 look->lost.n ? buf_cstr(&look->lost) : "stopped", why);
}

/* An unusable answer keeps its own code; a lost one is in doubt. */
static void
keep_error(struct look *look, const struct failure *error)
{
	look->lost.n = 0;
	buf_span(&look->lost, buf_all(&error->message));
	look->code = strcmp(error->code, "bad_response") == 0 ? "bad_response" : "in_doubt";
}

void
doubt_begin(struct doubt *d, struct service *s, struct step *st, struct look *look, struct failure *error)
{
	(void)d;
	keep_error(look, error);
	const char *why = s->flow.stopping						    ? "it was stopped"
			  : !s->profile->list.method || !s->profile->match_request.n	    ? "this service has no list to look through"
			  : look->rounds++ > (unsigned)service_options.retries ? "so were all before"
									       : NULL;
	if (why) {
		doubt_give_up(look, error, why);
		return;
	}
	look->on = true;
	look->page = 1;
	look->found = 0;
	st->tries = 0;
	flow_later(&s->flow, &st->item, clock_now() + SETTLE_MS * MILLISECOND);
}

/* The instant after which the job was made, by the service's clock. */
static void
since_text(const struct service *s, const struct look *look, struct buf *out)
{
	clock_rfc3339(out, look->since + s->skew - (s->skew ? CLOCK_MARGIN : CLOCK_MARGIN_UNKNOWN) * SECOND);
}

void
doubt_ask(struct doubt *d, struct service *s, struct step *st, struct look *look)
{
	char page[24], limit[24];
	struct buf since = {0};
	(void)d;
	snprintf(page, sizeof page, "%u", look->page);
	snprintf(limit, sizeof limit, "%ld", s->profile->list_max);
	since_text(s, look, &since);
	struct fill fills[] = {
		{"page", page}, {"limit", limit}, {"since", buf_cstr(&since)}, {"cursor", look->cursor ? look->cursor : ""}};
	struct ask ask = {.call = &s->profile->list, .fills = fills, .fills_n = sizeof fills / sizeof *fills};
	service_send(s, st, &ask);
	buf_free(&since);
}

/* One page of the list, and what is looked for in it. */
struct scan {
	const struct doubt *d;
	const struct service *s;
	struct look *look;
	struct span body;
	struct buf since;
	size_t jobs;
};

static bool
too_old(const struct scan *c, struct span job)
{
	char *made = service_text(&c->s->profile->list_created, job);
	/* RFC 3339 in UTC sorts as text, down to the second */
	bool old = made && strlen(made) >= 19 && c->since.n >= 19 && strncmp(made, c->since.p, 19) < 0;
	free(made);
	return old;
}

static bool
look_at(void *ctx, struct span job)
{
	struct scan *c = ctx;
	c->jobs++;
	if (!request_matches(c->s->profile, c->body, job) || too_old(c, job))
		return true;
	char *id = service_text(&c->s->profile->id, job);
	if (!id || seen_has(&c->d->claimed, span_of(id)) || (c->look->id && strcmp(id, c->look->id) == 0)) {
		free(id);
		return true;
	}
	c->look->found++;
	free(c->look->id);
	c->look->id = id;
	c->look->job.n = 0;
	buf_span(&c->look->job, job);
	return true;
}

/* Is there another page? */
static bool
next_page(const struct service *s, struct look *look, struct span reply, size_t jobs)
{
	if (look->page >= PAGES_MAX)
		return false;
	look->page++;
	if (!s->profile->list_next.n)
		return jobs >= (size_t)s->profile->list_max;
	free(look->cursor);
	look->cursor = service_text(&s->profile->list_next, reply);
	return look->cursor != NULL;
}

static void
every_element(struct buf *pointer, const char *list)
{
	buf_str(pointer, list);
	buf_str(pointer, "/*");
}

struct found
doubt_hear(struct doubt *d, struct service *s, struct step *st, struct look *look, struct span body, const struct answer *a,
	   struct failure *e)
{
	struct scan c = {.d = d, .s = s, .look = look, .body = body};
	if (a->kind != ANSWER_OK) {
		doubt_give_up(look, e, "the list of jobs could not be read");
		return (struct found){0};
	}
	since_text(s, look, &c.since);
	for (size_t i = 0; i < s->profile->list_items.n; i++) {
		struct buf pointer = {0};
		every_element(&pointer, s->profile->list_items.v[i]);
		json_walk(a->doc, buf_cstr(&pointer), look_at, &c);
		buf_free(&pointer);
	}
	buf_free(&c.since);
	if (next_page(s, look, a->doc, c.jobs)) {
		flow_later(&s->flow, &st->item, 0);
		return (struct found){0};
	}
	if (look->found == 1)
		return (struct found){look->id, buf_all(&look->job)};
	bool none = look->found == 0 && look->unsent;
	if (d->create_anyway || (none && clock_wall() - look->since >= UNSENT_SECONDS * SECOND)) {
		look->on = false;
		flow_later(&s->flow, &st->item, 0);
	} else if (none) {
		/* it may have been sent a moment ago, and be made a moment later: look again when that time is over */
		look->page = 1;
		flow_later(&s->flow, &st->item, clock_now() + look->since + UNSENT_SECONDS * SECOND - clock_wall());
	} else {
		doubt_give_up(look, e, look->found ? "several jobs could be it" : "no job with these inputs is listed");
	}
	return (struct found){0};
}

void
doubt_forget(struct look *look)
{
	free(look->cursor);
	free(look->id);
	buf_free(&look->job);
	buf_free(&look->lost);
}

void
doubt_free(struct doubt *d)
{
	seen_free(&d->claimed);
}
