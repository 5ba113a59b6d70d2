/* What the ledger knows about an item of tc-create. */
#include <stdlib.h>

#include "base/clock.h"
#include "create.h"
#include "json/json.h"

void
resume_note_failure(struct create *c, struct job *j, const struct failure *e)
{
	struct ledger *l = c->service.ledger;
	struct buf b = {0}, error = {0};
	if (!l || !j->claimed)
		return;
	bool key_in_use = create_key_in_use(c, j);
	if (j->doubt.ended_in_doubt || key_in_use) {
		j->intent.since = key_in_use ? create_key_since(j) : reconcile_sent_at(&j->doubt);
		if (!j->intent.since)
			j->intent.since = LEDGER_SINCE_UNKNOWN;
		if (j->doubt.lost_reason.code || key_in_use || j->from_earlier_run)
			ledger_lost(l, j->request.item, &j->intent);
		return;
	}
	failure_json(&error, e);
	json_raw(&b, "error", buf_all(&error));
	ledger_write(l, LEDGER_ENDED, j->request.item, j->intent.gen, buf_all(&b));
	buf_free(&error);
	buf_free(&b);
}

/* Find the ledger's last line about a job: kind is LEDGER_ENDED_JOB or LEDGER_JOB_URLS. */
static bool
find_job(const struct create *c, enum ledger_kind kind, const char *id, struct ledger_found *found)
{
	struct buf key = {0};
	ledger_job_key(&key, c->service.profile->name, id);
	bool ok = ledger_find(c->service.ledger, kind, buf_all(&key), found);
	buf_free(&key);
	return ok;
}

/* Return whether --again wants a new job: this one ended badly, or with =expired, tc-url found that
 * its outputs are gone. */
static bool
wants_again(const struct create *c, struct span created_line)
{
	struct ledger_found found;
	struct span v;
	char *id = json_text_of(created_line, "id");
	bool bad = id && find_job(c, LEDGER_ENDED_JOB, id, &found) &&
		   json_get(found.line, "state", &v) == 1 && !span_is(v, "\"succeeded\"");
	bool gone = id && c->again == AGAIN_EXPIRED && find_job(c, LEDGER_JOB_URLS, id, &found) &&
		    json_get(found.line, "gone", &v) == 1;
	free(id);
	return bad || gone;
}

/* Return the generation that a new job of this item is to follow; 0: the existing job stays. */
static unsigned
generation_before(const struct create *c, const struct job *j)
{
	struct ledger_found found;
	if (!c->again ||
	    !ledger_find(c->service.ledger, LEDGER_ITEM, span_of(j->request.item), &found) ||
	    found.type != LEDGER_CREATED)
		return 0;
	unsigned generation = found.gen;
	return wants_again(c, found.line) ? generation : 0;
}

bool
resume_find(struct create *c, const struct job *j, struct ledger_found *found)
{
	return !generation_before(c, j) &&
	       ledger_find(c->service.ledger, LEDGER_ITEM, span_of(j->request.item), found);
}

void
resume_count(struct create *c, const struct job *j)
{
	struct ledger_found found;
	if (!c->service.ledger)
		return;
	if (!ledger_find(c->service.ledger, LEDGER_ITEM, span_of(j->request.item), &found) ||
	    found.type == LEDGER_ENDED)
		c->new_items++;
	else if (found.type == LEDGER_INTENT)
		c->doubtful_items++;
	else if (generation_before(c, j))
		c->new_items++;
	else
		c->done_items++;
}

void
resume_renew(struct create *c, struct job *j)
{
	const struct profile *p = c->service.profile;
	/* a key's age counts from the first time that it was sent */
	if (profile_has_keys(p) ? p->key_window && !j->step.may_have_acted : true)
		ledger_renew(c->service.ledger, j->request.item, &j->intent);
}

enum resume
resume_claim(struct create *c, struct job *j)
{
	struct buf input = {0};
	if (j->line.value.n)
		json_oneline(&input, j->line.value);
	else
		json_quote(&input, j->line.line);
	enum claim claim = ledger_claim(c->service.ledger, j->request.item, buf_all(&input),
					generation_before(c, j), &j->intent);
	buf_free(&input);
	if (claim == CLAIM_RECORDED)
		return RESUME_RECORDED;
	if (claim == CLAIM_BUSY)
		return RESUME_BUSY;
	j->claimed = true;
	j->from_earlier_run = claim == CLAIM_DOUBT;
	if (j->intent.gen > 1)
		request_generation(&c->plan, &j->request, j->intent.gen);
	if (claim == CLAIM_DOUBT && !create_key_holds(c, j->intent.since))
		return RESUME_IN_DOUBT;
	if (claim == CLAIM_DOUBT)
		create_key_sent_elsewhere(j, j->intent.since);
	return RESUME_CLAIMED;
}
