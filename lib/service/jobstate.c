#include "service/jobstate.h"

#include <stdlib.h>
#include <string.h>

#include "base/hide.h"
#include "base/msg.h"
#include "json/json.h"

/* Warn about a status that the profile does not list, once a run. */
static void
warn_unknown(struct service *s, const struct item *it, const struct jobstate *j)
{
	if (strings_have(&s->warned_statuses, j->status))
		return;
	strings_add(&s->warned_statuses, mem_dup(span_of(j->status)));
	struct buf where = {0};
	item_where(&where, it);
	msg_warn("%s: status \"%s\" is not in profile %s: taken as %s (job %s)", buf_cstr(&where),
		 j->status, s->profile->name, state_name(j->state), j->id);
	buf_free(&where);
}

/* Count the job, and how far it is, among those under way; once each. */
static void
count_going(struct service *s, struct jobstate *j, bool going, double percent)
{
	struct counts *c = &s->flow.counts;
	c->percent += percent - j->percent;
	c->going += (size_t)going - (size_t)j->going;
	j->percent = percent;
	j->going = going;
}

/* Add what the service bills for the job, if the profile says where that is. */
static void
count_billable(struct service *s, const struct jobstate *j)
{
	char *text = j->last.n ? profile_find(&s->profile->billable, buf_all(&j->last)) : NULL;
	double n = text ? strtod(text, NULL) : 0;
	free(text);
	if (n > 0 && n < 1e9)
		s->flow.counts.billable += n;
}

/* Return how far the job is, 0 to 100; 0 if unknown or ended. */
static double
percent_of(const struct service *s, const struct jobstate *j, struct span job)
{
	char *text = state_ended(j->state) ? NULL : profile_find(&s->profile->progress, job);
	double n = text ? strtod(text, NULL) * 100 / s->profile->progress_of : 0;
	free(text);
	return n >= 0 && n <= 100 ? n : 0;
}

bool
jobstate_update(struct service *s, const struct item *it, struct jobstate *j, struct span job)
{
	bool known;
	char *status = profile_find(&s->profile->status, job);
	if (!status)
		return false;
	free(j->status);
	j->status = status;
	j->state = profile_state(s->profile, status, &known);
	if (!known)
		warn_unknown(s, it, j);
	count_going(s, j, j->state == STATE_RUNNING, percent_of(s, j, job));
	j->last.n = 0;
	if (state_ended(j->state))
		buf_span(&j->last, job);
	secret_hide(&j->last);
	return true;
}

bool
jobstate_from_ledger(const struct service *s, struct jobstate *j)
{
	struct ledger_found known;
	struct buf key = {0};
	struct span v;
	bool is_known;
	if (!s->ledger)
		return false;
	ledger_job_key(&key, s->profile->name, j->id);
	bool found = ledger_find(s->ledger, LEDGER_ENDED_JOB, buf_all(&key), &known);
	buf_free(&key);
	if (!found)
		return false;
	if (json_get(known.line, "job", &v) == 1)
		buf_span(&j->last, v);
	j->status = json_text_of(known.line, "status");
	j->state = profile_state(s->profile, j->status ? j->status : "", &is_known);
	return true;
}

/* Write to the ledger that the job has ended, so that no run polls it again. */
static void
note_ended(const struct service *s, const struct jobstate *j)
{
	struct buf b = {0}, job = {0};
	struct ledger_found known;
	ledger_job_key(&job, s->profile->name, j->id);
	if (!ledger_find(s->ledger, LEDGER_ENDED_JOB, buf_all(&job), &known)) {
		json_str(&b, "provider", span_of(s->profile->name));
		json_str(&b, "id", span_of(j->id));
		json_str(&b, "status", span_of(j->status));
		json_str(&b, "state", span_of(state_name(j->state)));
		if (j->last.n)
			json_raw(&b, "job", buf_all(&j->last));
		ledger_write(s->ledger, LEDGER_ENDED, NULL, 0, buf_all(&b));
	}
	buf_free(&b);
	buf_free(&job);
}

void
jobstate_finish(struct service *s, struct item *it, const struct record *line, struct jobstate *j,
		const struct failure *e)
{
	struct members m = {0};
	count_going(s, j, false, 0);
	count_billable(s, j);
	if (line->kind != RECORD_RECORD) /* a record has its id already */
		members_str(&m, "id", span_of(j->id));
	if (j->status) {
		members_str(&m, "status", span_of(j->status));
		members_str(&m, "state", span_of(state_name(j->state)));
	}
	members_raw(&m, "job", (struct span){j->last.p, j->last.n});
	if (e && !j->silent)
		service_report_error(s, it, j->id, e);
	/* a blocked job may still be confirmed, and run */
	if (s->ledger && j->status && state_ended(j->state) && j->state != STATE_BLOCKED)
		note_ended(s, j);
	item_finish(&s->flow, it, line, m.set, m.n, e);
	members_free(&m);
}

void
jobstate_free(struct jobstate *j)
{
	free(j->id);
	free(j->status);
	buf_free(&j->last);
}
