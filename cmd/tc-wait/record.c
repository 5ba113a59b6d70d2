/* How a job of tc-wait ends: its record, and its line in the ledger. */
#include "wait.h"

#include <stdlib.h>
#include <string.h>

/* An ended job is not asked about again, by this run or a later one. */
static void
note_ended(struct service *s, const struct job *j, struct span status, struct span state)
{
	struct buf b = {0}, job = {0};
	struct ledger_known known;
	ledger_job_key(&job, s->profile->name, j->id);
	if (!ledger_find(s->ledger, 'j', buf_all(&job), &known)) {
		json_str(&b, "provider", span_of(s->profile->name));
		json_str(&b, "id", span_of(j->id));
		json_raw(&b, "status", status);
		json_raw(&b, "state", state);
		json_raw(&b, "job", buf_all(&j->last));
		ledger_write(s->ledger, LEDGER_ENDED, NULL, 0, buf_all(&b));
	}
	buf_free(&b);
	buf_free(&job);
}

void
wait_finish(struct wait *w, struct job *j, const struct failure *e)
{
	struct service *s = &w->service;
	sweep_leave(&w->sweep, &j->swept, &j->step);
	if (j->node.name)
		names_remove(&w->jobs, &j->node);
	j->node.name = NULL;
	struct buf id = {0}, status = {0}, state = {0};
	bool known;
	if (j->line.kind != LINE_RECORD) /* what a record says already stays as it is */
		json_quote(&id, span_of(j->id));
	if (j->status) {
		json_quote(&status, span_of(j->status));
		json_quote(&state, span_of(state_word(profile_state(s->profile, j->status, &known))));
	}
	struct json_member set[] = {{"id", {id.p, id.n}},
				    {"status", {status.p, status.n}},
				    {"state", {state.p, state.n}},
				    {"job", {j->last.p, j->last.n}}};
	if (e)
		service_complain(s, &j->step.item, j->id, e);
	if (s->ledger && j->last.n && (!e || strcmp(e->code, "job_blocked") != 0))
		note_ended(s, j, buf_all(&status), buf_all(&state));
	record_done(&s->flow, &j->step.item, &j->line, set, sizeof set / sizeof *set, e);
	buf_free(&id);
	buf_free(&status);
	buf_free(&state);
}

bool
wait_known(struct wait *w, struct job *j)
{
	struct service *s = &w->service;
	struct ledger_known known;
	struct buf key = {0};
	struct span v;
	bool is_known;
	ledger_job_key(&key, s->profile->name, j->id);
	bool found = ledger_find(s->ledger, 'j', buf_all(&key), &known) && json_get(known.line, "job", &v) == 1;
	buf_free(&key);
	if (!found)
		return false;
	buf_span(&j->last, v);
	j->status = json_get(known.line, "status", &v) == 1 ? json_text(v) : NULL;
	wait_on_state(w, j, profile_state(s->profile, j->status ? j->status : "", &is_known));
	return true;
}
