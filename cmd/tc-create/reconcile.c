#include "reconcile.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "match.h"

enum {
	LIST_DELAY_MS = 700, /* a service may list a job a moment after it has made it */
	RETRIES_MAX = 3,     /* ambiguous listings */
};

/* The clocks of the Date header and of created_at may differ by a minute; both show whole seconds.
 */
#define CLOCK_MARGIN (90 * SECOND)

void
reconcile_item_init(struct reconcile_item *r, struct reconcile *run, struct service_item *it,
		    const struct buf *body, const struct record *line)
{
	*r = (struct reconcile_item){.run = run, .item = it, .body = body, .line = line};
}

void
reconcile_taken(struct reconcile *run, const char *id)
{
	seen_add(&run->taken_ids, span_of(id));
}

int64_t
reconcile_sent_at(const struct reconcile_item *r)
{
	return r->sent_at_unknown ? 0 : clock_wall() - (clock_now() - r->sent_at);
}

/* Return from when on listed jobs may be the item's, by the service's clock or ours, whichever is
 * behind: a Date that is ahead may be a proxy's. 0: from the first on, and the inputs decide. */
static int64_t
listed_from(const struct reconcile_item *r)
{
	int64_t sent = reconcile_sent_at(r), skew = r->run->service->clock_skew,
		from = sent + (skew < 0 ? skew : 0) - CLOCK_MARGIN;
	return sent && from > 0 ? from : 0;
}

void
reconcile_fail(struct reconcile_item *r, struct failure *e, bool temporary, const char *why)
{
	if (r->unsent)
		failure_set(e, "in_doubt", temporary,
			    "its job was not found or created, because %s; %s", why,
			    temporary ? "run again with the ledger" : "look for it");
	else
		failure_set(e, "in_doubt", temporary,
			    "the response to the create was lost (%s) and %s: a job may have been "
			    "made; %s",
			    r->lost_reason.code ? buf_cstr(&r->lost_reason.message)
						: "the run that sent it was stopped",
			    why,
			    temporary ? "run again with the ledger"
				      : "look for it, or use --in-doubt=create");
	e->http = r->lost_reason.http;
	r->ended_in_doubt = true;
	strings_add(&r->run->ended_bodies, mem_dup(buf_all(r->body)));
}

static void
link_item(struct reconcile_item *r)
{
	struct reconcile *run = r->run;
	if (r->link)
		return;
	r->next = run->items;
	r->link = &run->items;
	if (r->next)
		r->next->link = &r->next;
	run->items = r;
}

static bool
same_request(const struct reconcile_item *a, const struct reconcile_item *b)
{
	return a->body->n == b->body->n && memcmp(a->body->p, b->body->p, a->body->n) == 0;
}

/* Return how many items with the same request are being looked for (active), or created. */
static unsigned
count_alike(const struct reconcile_item *r, bool active)
{
	unsigned n = 0;
	for (const struct reconcile_item *l = r->run->items; l; l = l->next)
		n += l->active == active && same_request(l, r);
	return n;
}

void
reconcile_sent(struct reconcile_item *r)
{
	r->active = r->sent_at_unknown = r->unsent = false;
	r->sent_at = clock_now();
	failure_free(&r->lost_reason);
	link_item(r);
}

void
reconcile_sent_elsewhere(struct reconcile_item *r, int64_t since)
{
	int64_t age = clock_wall() - since;
	r->sent_at_unknown = since <= 0 || age < 0;
	r->sent_at = clock_now() - (r->sent_at_unknown ? 0 : age);
}

/*
 * Return when the create has made its job, or will never make one. A service
 * with keys may have been sent it again for as long as it knew the key.
 */
static int64_t
settled_at(const struct reconcile_item *r)
{
	const struct profile *p = r->run->service->profile;
	return r->sent_at + p->key_window + p->settle;
}

/* List from the first page on, at `when`. */
static void
list_at(struct reconcile_item *r, int64_t when)
{
	r->started = false;
	flow_doubtful(&r->run->service->flow, &r->item->item, when);
}

static void
keep_reason(struct reconcile_item *r, const struct failure *lost)
{
	r->times_lost++;
	r->not_before = lost->retry_after > 0 ? clock_now() + lost->retry_after : 0;
	failure_copy(&r->lost_reason, lost);
}

/* The create made no job: send it again, or end the item with what happened to the last one. */
static void
create_again(struct reconcile_item *r, struct failure *e)
{
	struct service *s = r->run->service;
	bool too_long = r->not_before > clock_now() + s->options.max_wait;
	r->active = false;
	if (r->lost_reason.code && (r->times_lost > (unsigned)s->options.retries || too_long))
		failure_copy(e, &r->lost_reason);
	else
		flow_schedule(&s->flow, &r->item->item, r->not_before);
}

bool
reconcile_start(struct reconcile_item *r, const struct failure *lost, struct failure *e)
{
	struct service *s = r->run->service;
	int64_t when = clock_now() + LIST_DELAY_MS * MILLISECOND;
	if (lost->code)
		keep_reason(r, lost);
	if (s->flow.stopping) {
		reconcile_fail(r, e, true, "the run stopped before its job was looked for");
		return false;
	}
	if (!s->profile->list.method || !s->profile->match_request.n) {
		if (r->run->mode == DOUBT_CREATE)
			create_again(r, e);
		else
			reconcile_fail(r, e, false, "this service has no list to search");
		return !e->code;
	}
	r->active = true;
	link_item(r);
	r->item->failures = 0;
	if (r->not_before > when && r->not_before < settled_at(r))
		when = r->not_before;
	list_at(r, when);
	return true;
}

void
reconcile_request(struct reconcile_item *r)
{
	struct service *s = r->run->service;
	if (!r->started) {
		r->started = true;
		r->started_at = clock_now();
		r->clock_known = s->clock_skew != 0;
		r->matches = 0;
		r->maybe_unsent = r->ambiguous = false;
		r->elsewhere = r->unnamed = r->identified = r->unidentified = false;
		free(r->id);
		r->id = NULL;
		joblist_start(&r->listing, listed_from(r));
		r->listing.whole = true;
	}
	joblist_request(s, r->item, &r->listing);
}

static bool
is_taken(const struct reconcile_item *r, const char *id)
{
	const struct service *s = r->run->service;
	return seen_has(&r->run->taken_ids, span_of(id)) ||
	       (s->ledger && ledger_has_job(s->ledger, s->profile->name, id));
}

/* Note whether items with another request could have made this job. */
static void
compare_with_others(struct reconcile_item *r, struct span job)
{
	const struct reconcile *run = r->run;
	const struct profile *p = run->service->profile;
	for (const struct reconcile_item *l = run->items; l; l = l->next)
		if (!same_request(l, r) && request_matches(p, buf_all(l->body), job)) {
			r->ambiguous = true;
			r->maybe_unsent |= !l->active;
		}
	for (size_t i = 0; i < run->ended_bodies.n && !r->ambiguous; i++) {
		struct span other = span_of(run->ended_bodies.v[i]), own = buf_all(r->body);
		bool same = other.n == own.n && memcmp(other.p, own.p, own.n) == 0;
		r->ambiguous = !same && request_matches(p, other, job);
	}
}

static void
on_listed_job(void *ctx, struct span job)
{
	struct reconcile_item *r = ctx;
	const struct profile *p = r->run->service->profile;
	bool matches = request_matches(p, buf_all(r->body), job),
	     identified = matches || job_is_identified(p, job);
	r->identified |= identified;
	if (!matches && identified)
		return;
	char *id = joblist_id(p, job);
	bool taken = id && is_taken(r, id);
	r->unnamed |= matches && !id;
	r->unidentified |= !matches && !taken;
	if (!matches || !id || taken || (r->id && strcmp(id, r->id) == 0)) {
		free(id);
		return;
	}
	r->matches++;
	free(r->id);
	r->id = id;
	r->job.n = 0;
	buf_span(&r->job, job);
	compare_with_others(r, job);
}

/* The listing is complete and shows no job that could be the item's. */
static void
on_no_match(struct reconcile_item *r, struct failure *e)
{
	if (r->run->service->flow.stopping)
		reconcile_fail(r, e, true, "the run stopped before this was settled");
	else if (r->run->mode == DOUBT_FAIL)
		reconcile_fail(r, e, true, "no job with these inputs is listed");
	else if (r->run->mode == DOUBT_CREATE || r->started_at >= settled_at(r))
		create_again(r, e);
	else
		list_at(r, settled_at(r));
}

/* Return what the listing lacks to tell which job is the item's, or NULL. Jobs that do not show
 * what others show were made in another way. */
static const char *
unclear(const struct reconcile_item *r)
{
	return r->elsewhere ? "another process may have created the job that is listed"
	       : r->unnamed ? "a job that may be its is listed without an id"
	       : r->unidentified && !r->identified
		       ? "the listed jobs do not show what they were made of"
		       : NULL;
}

/* Jobs are listed, but it is not clear which one is the item's, or what its id is. */
static void
on_ambiguous(struct reconcile_item *r, struct failure *e)
{
	const char *why = unclear(r);
	int64_t soon = clock_now() + LIST_DELAY_MS * MILLISECOND, settled = settled_at(r);
	bool wait = r->run->mode == DOUBT_LIST && r->started_at < settled;
	if (r->run->service->flow.stopping)
		reconcile_fail(r, e, true, "the run stopped before this was settled");
	else if (wait || r->maybe_unsent || r->retries++ < RETRIES_MAX)
		list_at(r, wait && !r->maybe_unsent && settled > soon ? settled : soon);
	else if (r->run->mode == DOUBT_CREATE)
		create_again(r, e);
	else
		reconcile_fail(r, e, why, why ? why : "several jobs or several lines match");
}

struct reconcile_match
reconcile_response(struct reconcile_item *r, const struct call_result *result, struct failure *e)
{
	struct service *s = r->run->service;
	struct reconcile_match nothing = {0};
	bool ok = result->kind == CALL_OK;
	if (ok && !r->clock_known && s->clock_skew) {
		/* the response gave the clock skew: list again from an exact start time */
		list_at(r, 0);
		return nothing;
	}
	bool more = ok && joblist_read(s, &r->listing, result->doc, on_listed_job, r);
	if (ok && joblist_again(s, r->item, &r->listing)) {
		return nothing;
	}
	if ((!ok && !joblist_ended(&r->listing, result)) || r->listing.unread) {
		reconcile_fail(r, e, true, "the list of jobs could not be read");
	} else if (more) {
		flow_schedule(&s->flow, &r->item->item, 0);
	} else if (r->listing.cut) {
		reconcile_fail(r, e, true, "the list of jobs is too long to read to its end");
	} else if (!r->matches && !unclear(r)) {
		on_no_match(r, e);
	} else {
		r->maybe_unsent |= count_alike(r, false) > 0;
		r->elsewhere = s->ledger && job_is_wanted_elsewhere(s->ledger, s->profile, r->line,
								    buf_all(&r->job));
		/* another line may have taken the job since the first page */
		if (!r->maybe_unsent && !r->ambiguous && !unclear(r) &&
		    r->matches <= count_alike(r, true) && !is_taken(r, r->id))
			return (struct reconcile_match){r->id, buf_all(&r->job)};
		on_ambiguous(r, e);
	}
	return nothing;
}

void
reconcile_item_free(struct reconcile_item *r)
{
	if (r->link)
		*r->link = r->next;
	if (r->link && r->next)
		r->next->link = r->link;
	joblist_free(&r->listing);
	free(r->id);
	buf_free(&r->job);
	failure_free(&r->lost_reason);
}

void
reconcile_free(struct reconcile *run)
{
	seen_free(&run->taken_ids);
	strings_free(&run->ended_bodies);
}
