/* Claims an item, as its ledger and the time since its create allow. */
#include "base/clock.h"
#include "create.h"

enum { BUSY_MS = 100 }; /* until an item that another process is creating is looked at again */

bool
claim_finish_resumed(struct create *c, struct job *j)
{
	struct ledger_found found;
	return c->service.ledger && !j->claimed && resume_find(c, j, &found) &&
	       output_resumed(c, j, &found);
}

/* Continue with an item that an earlier run left in doubt. */
static void
start_in_doubt(struct create *c, struct job *j)
{
	struct failure not_known = {0}, e = {0};
	reconcile_sent_elsewhere(&j->doubt, j->intent.since);
	if (!reconcile_start(&j->doubt, &not_known, &e))
		output_error(c, j, &e);
	failure_free(&e);
}

static void
on_conflict(struct create *c, struct job *j)
{
	struct failure e = {0};
	failure_set(&e, "invalid_input", false,
		    "the ledger knows this key as another tool's: use another -k or ledger");
	output_failed(c, j, &e);
	failure_free(&e);
}

bool
claim_item(struct create *c, struct job *j)
{
	switch (resume_claim(c, j)) {
	case RESUME_CLAIMED:
		if (!c->adopt)
			return true;
		/* a create so long ago that the list settles it immediately */
		j->intent.since = SECOND;
		j->doubt.unsent = true;
		start_in_doubt(c, j);
		break;
	case RESUME_RECORDED:
		if (!output_resumed(c, j, &j->intent))
			on_conflict(c, j);
		break;
	case RESUME_BUSY:
		flow_schedule(&c->service.flow, &j->step.item, clock_now() + BUSY_MS * MILLISECOND);
		break;
	case RESUME_IN_DOUBT:
		start_in_doubt(c, j);
		break;
	}
	return false;
}

bool
claim_key_forgotten(struct create *c, struct job *j)
{
	struct failure lost = {0}, e = {0};
	int64_t sent = create_key_since(j);
	if (!create_key_in_use(c, j) || create_key_holds(c, sent))
		return false;
	failure_set(&lost, "unavailable", true, "no response came while the service knew the key");
	reconcile_sent_elsewhere(&j->doubt, sent);
	j->step.may_have_acted = false;
	if (!reconcile_start(&j->doubt, &lost, &e))
		output_error(c, j, &e);
	failure_free(&lost);
	failure_free(&e);
	return true;
}
