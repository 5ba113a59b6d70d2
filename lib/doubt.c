#include "doubt.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "request.h"

/* A service may list a job a moment after it has made it; its clock shows whole seconds. */
enum { SETTLE_MS = 700, CLOCK_MARGIN = 2, CLOCK_MARGIN_UNKNOWN = 60, UNSENT_SECONDS = 10, AGAIN_MAX = 3 };

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

/* By the service's clock, and a little before. */
static int64_t
since(const struct service *s, const struct look *look)
{
	return look->since + s->skew - (s->skew ? CLOCK_MARGIN : CLOCK_MARGIN_UNKNOWN) * SECOND;
}

static void
link_look(struct doubt *d, struct look *look)
{
	if (look->link)
		return;
	look->next = d->looks;
	look->link = &d->looks;
	if (look->next)
		look->next->link = &look->next;
	d->looks = look;
}

/* How many items that ask for what this one asks for are looked for (on), or being created. */
static unsigned
alike(const struct doubt *d, const struct look *look, bool on)
{
	unsigned n = 0;
	for (const struct look *l = d->looks; l; l = l->next)
		n += l->on == on && l->body->n == look->body->n && memcmp(l->body->p, look->body->p, l->body->n) == 0;
	return n;
}

void
doubt_sending(struct doubt *d, struct look *look, const struct buf *body)
{
	look->on = false;
	look->body = body;
	link_look(d, look);
}

/* From the first page on, after a moment. */
static void
look_again(struct service *s, struct step *st, struct look *look, int64_t after)
{
	look->found = 0;
	look->sure = s->skew != 0;
	free(look->id);
	look->id = NULL;
	listing_start(&look->listing, since(s, look));
	flow_later(&s->flow, &st->item, clock_now() + after);
}

void
doubt_begin(struct doubt *d, struct service *s, struct step *st, struct look *look, const struct buf *body,
	    struct failure *error)
{
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
	look->body = body;
	link_look(d, look);
	st->tries = 0;
	look_again(s, st, look, SETTLE_MS * MILLISECOND);
}

void
doubt_ask(struct service *s, struct step *st, struct look *look)
{
	listing_send(s, st, &look->listing);
}

/* A page of the list, and what is looked for in it. */
struct scan {
	const struct doubt *d;
	const struct service *s;
	struct look *look;
};

static bool
taken(const struct scan *c, const char *id)
{
	const struct ledger *l = c->s->ledger;
	return seen_has(&c->d->claimed, span_of(id)) || (l && ledger_has_job(l, c->s->profile->name, id));
}

static void
look_at(void *ctx, struct span job)
{
	struct scan *c = ctx;
	if (!request_matches(c->s->profile, buf_all(c->look->body), job))
		return;
	char *id = profile_find(&c->s->profile->id, job);
	if (!id || taken(c, id) || (c->look->id && strcmp(id, c->look->id) == 0)) {
		free(id);
		return;
	}
	c->look->found++;
	free(c->look->id);
	c->look->id = id;
	c->look->job.n = 0;
	buf_span(&c->look->job, job);
}

struct found
doubt_hear(struct doubt *d, struct service *s, struct step *st, struct look *look, const struct answer *a,
	   struct failure *e)
{
	struct scan c = {.d = d, .s = s, .look = look};
	if (a->kind != ANSWER_OK) {
		doubt_give_up(look, e, "the list of jobs could not be read");
		return (struct found){0};
	}
	if (!look->sure && s->skew) { /* its answer has told its clock: jobs made elsewhere just before are none of ours */
		look_again(s, st, look, 0);
		return (struct found){0};
	}
	if (listing_read(s, &look->listing, a->doc, look_at, &c)) {
		flow_later(&s->flow, &st->item, 0);
		return (struct found){0};
	}
	bool creating = alike(d, look, false) > 0;
	if (look->found && look->found <= alike(d, look, true) && !creating && !taken(&c, look->id))
		return (struct found){look->id, buf_all(&look->job)};
	/* what is listed may be the job of a line that is being created, or that has taken it since page one */
	if (look->found && !s->flow.stopping && (creating || look->again++ < AGAIN_MAX)) {
		look_again(s, st, look, SETTLE_MS * MILLISECOND);
		return (struct found){0};
	}
	bool none = look->found == 0 && look->unsent;
	if (d->create_anyway || (none && clock_wall() - look->since >= UNSENT_SECONDS * SECOND)) {
		look->on = false;
		flow_later(&s->flow, &st->item, 0);
	} else if (none) {
		/* it may have been sent a moment ago, and be made a moment later: look again when that time is over */
		look_again(s, st, look, look->since + UNSENT_SECONDS * SECOND - clock_wall());
	} else {
		doubt_give_up(look, e, look->found ? "several jobs could be it" : "no job with these inputs is listed");
	}
	return (struct found){0};
}

void
doubt_forget(struct look *look)
{
	if (look->link)
		*look->link = look->next;
	if (look->link && look->next)
		look->next->link = look->link;
	listing_free(&look->listing);
	free(look->id);
	buf_free(&look->job);
	buf_free(&look->lost);
}

void
doubt_free(struct doubt *d)
{
	seen_free(&d->claimed);
}
