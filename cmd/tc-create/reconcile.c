#include "reconcile.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "json/json.h"
#include "body.h"

/* A service may list a job a moment after it has made it. */
enum { LOOK_MS = 700, AGAIN_MAX = 3 };

/* The clock of its Date and that of its created_at may differ by a minute; both show whole seconds. */
#define CLOCK_MARGIN (90 * SECOND)

void
reconcile_taken(struct reconcile *d, const char *id)
{
	seen_add(&d->claimed, span_of(id));
}

int64_t
doubt_since(const struct reconcile_item *look)
{
	return look->undated ? 0 : clock_wall() - (clock_now() - look->sent);
}

/* From when on jobs may be its, by the service's clock. 0: all of them, and the inputs decide. */
static int64_t
listed_from(const struct service *s, const struct reconcile_item *look)
{
	int64_t since = doubt_since(look), from = since + s->clock_skew - CLOCK_MARGIN;
	return since && from > 0 ? from : 0;
}

void
reconcile_fail(struct reconcile *d, struct reconcile_item *look, struct failure *e, bool temporary, const char *why)
{
	failure_set(e, "in_doubt", temporary, "the answer to the create was lost (%s) and %s: a job may have been made; %s",
		 look->lost.code ? buf_cstr(&look->lost.message) : "the run that sent it was stopped", why,
		 temporary ? "run again with the ledger" : "look for it, or use --in-doubt=create");
	e->http = look->lost.http;
	look->in_doubt = true;
	if (look->body)
		strings_add(&d->left, mem_dup(buf_all(look->body)));
}

static void
link_look(struct reconcile *d, struct reconcile_item *look)
{
	if (look->link)
		return;
	look->next = d->looks;
	look->link = &d->looks;
	if (look->next)
		look->next->link = &look->next;
	d->looks = look;
}

static bool
same_request(const struct reconcile_item *a, const struct reconcile_item *b)
{
	return a->body->n == b->body->n && memcmp(a->body->p, b->body->p, a->body->n) == 0;
}

/* How many items that ask for what this one asks for are looked for (on), or being created. */
static unsigned
alike(const struct reconcile *d, const struct reconcile_item *look, bool on)
{
	unsigned n = 0;
	for (const struct reconcile_item *l = d->looks; l; l = l->next)
		n += l->on == on && same_request(l, look);
	return n;
}

void
reconcile_sent(struct reconcile *d, struct reconcile_item *look, const struct buf *body)
{
	look->on = look->undated = false;
	look->body = body;
	look->sent = clock_now();
	failure_free(&look->lost);
	link_look(d, look);
}

void
doubt_take_up(struct reconcile_item *look, int64_t since)
{
	int64_t age = clock_wall() - since;
	look->undated = since <= 0 || age < 0;
	look->sent = clock_now() - (look->undated ? 0 : age);
}

static int64_t
settled_at(const struct service *s, const struct reconcile_item *look)
{
	return look->sent + s->profile->settle;
}

/* From the first page on, then. */
static void
look_at(struct service *s, struct service_item *st, struct reconcile_item *look, int64_t when)
{
	look->begun = false;
	flow_doubtful(&s->flow, &st->item, when);
}

static void
keep_failure(struct reconcile_item *look, const struct failure *lost)
{
	look->rounds++;
	look->not_before = lost->retry_after > 0 ? clock_now() + lost->retry_after : 0;
	fail_copy(&look->lost, lost);
}

/* It made no job: the create is sent again, or the item ends as what became of the last one says. */
static void
create_again(struct service *s, struct service_item *st, struct reconcile_item *look, struct failure *e)
{
	bool too_long = look->not_before > clock_now() + s->options.max_wait;
	look->on = false;
	if (look->lost.code && (look->rounds > (unsigned)s->options.retries || too_long))
		fail_copy(e, &look->lost);
	else
		flow_schedule(&s->flow, &st->item, look->not_before);
}

bool
reconcile_start(struct reconcile *d, struct service *s, struct service_item *st, struct reconcile_item *look, const struct buf *body,
	    const struct failure *lost, struct failure *e)
{
	int64_t when = clock_now() + LOOK_MS * MILLISECOND;
	look->body = body;
	if (lost->code)
		keep_failure(look, lost);
	if (s->flow.stopping) {
		reconcile_fail(d, look, e, true, "it was stopped before it was looked for");
		return false;
	}
	if (!s->profile->list.method || !s->profile->match_request.n) {
		if (d->mode == DOUBT_CREATE)
			create_again(s, st, look, e);
		else
			reconcile_fail(d, look, e, false, "this service has no list to look through");
		return !e->code;
	}
	look->on = true;
	link_look(d, look);
	st->failures = 0;
	if (look->not_before > when && look->not_before < settled_at(s, look))
		when = look->not_before;
	look_at(s, st, look, when);
	return true;
}

void
reconcile_request(struct service *s, struct service_item *st, struct reconcile_item *look)
{
	if (!look->begun) {
		look->begun = true;
		look->asked = clock_now();
		look->sure = s->clock_skew != 0;
		look->found = 0;
		look->creating = look->unclear = false;
		free(look->id);
		look->id = NULL;
		joblist_start(&look->listing, listed_from(s, look));
	}
	joblist_request(s, st, &look->listing);
}

/* A page of the list, and what is looked for in it. */
struct scan {
	const struct reconcile *d;
	const struct service *s;
	struct reconcile_item *look;
};

static bool
taken(const struct scan *c, const char *id)
{
	const struct ledger *l = c->s->ledger;
	return seen_has(&c->d->claimed, span_of(id)) || (l && ledger_has_job(l, c->s->profile->name, id));
}

/* Could other items than those that ask for the very same have made this job? */
static void
compare(const struct scan *c, struct span job)
{
	const struct profile *p = c->s->profile;
	for (const struct reconcile_item *l = c->d->looks; l; l = l->next)
		if (!same_request(l, c->look) && request_matches(p, buf_all(l->body), job)) {
			c->look->unclear = true;
			c->look->creating |= !l->on;
		}
	for (size_t i = 0; i < c->d->left.n && !c->look->unclear; i++)
		c->look->unclear = strcmp(c->d->left.v[i], buf_cstr((struct buf *)c->look->body)) != 0 &&
				   request_matches(p, span_of(c->d->left.v[i]), job);
}

static void
candidate(void *ctx, struct span job)
{
	struct scan *c = ctx;
	if (!request_matches(c->s->profile, buf_all(c->look->body), job))
		return;
	char *id = joblist_id(c->s->profile, job);
	if (!id || taken(c, id) || (c->look->id && strcmp(id, c->look->id) == 0)) {
		free(id);
		return;
	}
	c->look->found++;
	free(c->look->id);
	c->look->id = id;
	c->look->job.n = 0;
	buf_span(&c->look->job, job);
	compare(c, job);
}

/* No job is listed that could be it. */
static void
none(struct reconcile *d, struct service *s, struct service_item *st, struct reconcile_item *look, struct failure *e)
{
	if (s->flow.stopping)
		reconcile_fail(d, look, e, true, "it was stopped before this was settled");
	else if (d->mode == DOUBT_FAIL)
		reconcile_fail(d, look, e, true, "no job with these inputs is listed");
	else if (d->mode == DOUBT_CREATE || look->asked >= settled_at(s, look))
		create_again(s, st, look, e);
	else
		look_at(s, st, look, settled_at(s, look));
}

/* Jobs are listed, and it is not clear which is whose. */
static void
unclear(struct reconcile *d, struct service *s, struct service_item *st, struct reconcile_item *look, struct failure *e)
{
	int64_t soon = clock_now() + LOOK_MS * MILLISECOND, settled = settled_at(s, look);
	bool wait = d->mode == DOUBT_LIST && look->asked < settled;
	if (s->flow.stopping)
		reconcile_fail(d, look, e, true, "it was stopped before this was settled");
	else if (wait || look->creating || look->again++ < AGAIN_MAX)
		look_at(s, st, look, wait && !look->creating && settled > soon ? settled : soon);
	else if (d->mode == DOUBT_CREATE)
		create_again(s, st, look, e);
	else
		reconcile_fail(d, look, e, false, "several jobs or several lines could be it");
}

struct reconcile_match
reconcile_response(struct reconcile *d, struct service *s, struct service_item *st, struct reconcile_item *look, const struct call_result *a,
	   struct failure *e)
{
	struct scan c = {.d = d, .s = s, .look = look};
	struct reconcile_match nothing = {0};
	if (a->kind == CALL_OK && !look->sure && s->clock_skew) {
		/* its answer has told its clock */
		look_at(s, st, look, 0);
		return nothing;
	}
	bool more = a->kind == CALL_OK && joblist_read(s, &look->listing, a->doc, candidate, &c);
	if (a->kind != CALL_OK || look->listing.unread) {
		reconcile_fail(d, look, e, true, "the list of jobs could not be read");
	} else if (more) {
		flow_schedule(&s->flow, &st->item, 0);
	} else if (look->listing.cut) {
		reconcile_fail(d, look, e, true, "the list of jobs is too long to be read to its end");
	} else if (!look->found) {
		none(d, s, st, look, e);
	} else {
		look->creating |= alike(d, look, false) > 0;
		/* another line may have taken it since page one */
		if (!look->creating && !look->unclear && look->found <= alike(d, look, true) && !taken(&c, look->id))
			return (struct reconcile_match){look->id, buf_all(&look->job)};
		unclear(d, s, st, look, e);
	}
	return nothing;
}

void
reconcile_item_free(struct reconcile_item *look)
{
	if (look->link)
		*look->link = look->next;
	if (look->link && look->next)
		look->next->link = look->link;
	joblist_free(&look->listing);
	free(look->id);
	buf_free(&look->job);
	failure_free(&look->lost);
}

void
reconcile_free(struct reconcile *d)
{
	seen_free(&d->claimed);
	strings_free(&d->left);
}
