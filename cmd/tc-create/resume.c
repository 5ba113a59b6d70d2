/* What the ledger knows of an item, and is told of it. */
#include "create.h"

#include <stdlib.h>

#include "base/clock.h"

/* Another process is about to create this very job: look again after this. */
enum { BUSY_MS = 100 };

/* No job was made, for sure: a later run may try again. Or: the answer was lost, and that stays. */
void
resume_note_failure(struct create *c, struct job *j, const struct failure *e)
{
	struct ledger *l = c->service.ledger;
	struct buf b = {0}, error = {0};
	if (!l || !j->claimed)
		return;
	if (j->look.in_doubt) {
		j->known.since = doubt_since(&j->look);
		if (j->look.lost.code)
			ledger_lost(l, j->request.item, &j->known);
		return;
	}
	failure_json(&error, e);
	json_raw(&b, "error", buf_all(&error));
	ledger_write(l, LEDGER_ENDED, j->request.item, j->known.gen, buf_all(&b));
	buf_free(&error);
	buf_free(&b);
}

bool
resume_created(struct create *c, struct job *j, const struct ledger_found *known)
{
	struct span job = {0};
	char *id = json_text_of(known->line, "id");
	char *status = json_text_of(known->line, "status");
	char *key = json_text_of(known->line, "service_key");
	bool is_created = known->type == LEDGER_CREATED && id;
	if (is_created && key) {
		free(j->request.key);
		j->request.key = key;
		key = NULL;
	}
	if (is_created) {
		flow_replayed(&j->step.item);
		output_record(c, j, id, status, json_get(known->line, "job", &job) == 1 ? job : (struct span){0});
	}
	free(id);
	free(status);
	free(key);
	return is_created;
}

/* What the ledger heard last of the job that it has for this item: LEDGER_ENDED_JOB its end, 'u' its outputs (ledgermap.h). */
static bool
heard(const struct create *c, char kind, const char *id, struct ledger_found *known)
{
	struct buf key = {0};
	ledger_job_key(&key, c->service.profile->name, id);
	bool found = ledger_find(c->service.ledger, kind, buf_all(&key), known);
	buf_free(&key);
	return found;
}

/* --again: did the job end badly, or with =expired, has tc-url found that what it made is gone? */
static bool
wants_again(const struct create *c, const struct ledger_found *created_line)
{
	struct ledger_found known;
	struct span v;
	char *id = json_text_of(created_line->line, "id");
	bool bad = id && heard(c, LEDGER_ENDED_JOB, id, &known) && json_get(known.line, "state", &v) == 1 && !span_is(v, "\"succeeded\"");
	bool gone = id && c->again == AGAIN_EXPIRED && heard(c, 'u', id, &known) && json_get(known.line, "gone", &v) == 1;
	free(id);
	return bad || gone;
}

unsigned
resume_generation(struct create *c, const struct job *j)
{
	struct ledger_found known;
	if (!c->again || !ledger_find(c->service.ledger, LEDGER_ITEM, span_of(j->request.item), &known) ||
	    known.type != LEDGER_CREATED)
		return 0;
	return wants_again(c, &known) ? known.gen : 0;
}

bool
resume_known(struct create *c, struct job *j)
{
	struct ledger_found known;
	return c->service.ledger && !j->claimed && !resume_generation(c, j) &&
	       ledger_find(c->service.ledger, LEDGER_ITEM, span_of(j->request.item), &known) && resume_created(c, j, &known);
}

void
resume_count(struct create *c, const struct job *j)
{
	struct ledger_found known;
	if (!c->service.ledger)
		return;
	if (!ledger_find(c->service.ledger, LEDGER_ITEM, span_of(j->request.item), &known) || known.type == LEDGER_ENDED)
		c->new++;
	else if (known.type == LEDGER_INTENT)
		c->unsure++;
	else if (resume_generation(c, j))
		c->new++;
	else
		c->done++;
}

void
known_renew(struct create *c, struct job *j)
{
	if (!profile_has_keys(c->service.profile) || c->service.profile->key_window)
		ledger_renew(c->service.ledger, j->request.item, &j->known);
}

bool
resume_claim(struct create *c, struct job *j)
{
	struct service *s = &c->service;
	struct buf input = {0};
	struct failure e = {0};
	if (j->line.value.n)
		json_oneline(&input, j->line.value);
	else
		json_quote(&input, j->line.line);
	enum claim what =
		ledger_claim(s->ledger, j->request.item, buf_all(&input), resume_generation(c, j), &j->known);
	buf_free(&input);
	j->claimed = what == CLAIM_NEW || what == CLAIM_DOUBT;
	j->earlier = what == CLAIM_DOUBT;
	if (j->claimed && j->known.gen > 1)
		request_generation(&c->plan, &j->request, j->known.gen);
	if (what == CLAIM_RECORDED && !resume_created(c, j, &j->known)) {
		failure_set(&e, "invalid_input", false, "the ledger knows this key as another tool's: use another -k or ledger");
		output_failed(c, j, &e);
	}
	if (what == CLAIM_BUSY)
		flow_schedule(&s->flow, &j->step.item, clock_now() + BUSY_MS * MILLISECOND);
	if (what == CLAIM_DOUBT && !create_key_holds(c, j->known.since)) {
		struct failure unknown = {0};
		doubt_take_up(&j->look, j->known.since);
		if (!reconcile_start(&c->doubt, s, &j->step, &j->look, request_sent(&j->request), &unknown, &e))
			output_in_doubt(c, j, &e);
	}
	failure_free(&e);
	return j->claimed && j->step.item.state == ITEM_PICKED;
}
