/* Ends an item of tc-create with its record. */
#include <stdlib.h>

#include "base/hide.h"
#include "create.h"
#include "json/json.h"

/* Add the members that every record of tc-create has. */
static void
add_common(struct members *m, const struct create *c, const struct job *j)
{
	members_str(m, "provider", span_of(c->service.profile->name));
	if (j->request.key)
		members_str(m, "key", span_of(j->request.key));
}

static void
finish(struct create *c, struct job *j, struct members *m, const struct failure *e)
{
	item_finish(&c->service.flow, &j->step.item, &j->line, m->set, m->n, e);
	members_free(m);
}

void
output_failed(struct create *c, struct job *j, const struct failure *e)
{
	struct members m = {0};
	resume_note_failure(c, j, e);
	add_common(&m, c, j);
	finish(c, j, &m, e);
}

void
output_error(struct create *c, struct job *j, const struct failure *e)
{
	service_report_error(&c->service, &j->step.item, NULL, e);
	output_failed(c, j, e);
}

static void
finish_with_job(struct create *c, struct job *j, const char *id, const char *status,
		struct span job)
{
	const struct profile *p = c->service.profile;
	struct members m = {0};
	bool known;
	add_common(&m, c, j);
	members_str(&m, "id", span_of(id));
	if (status) {
		members_str(&m, "status", span_of(status));
		members_str(&m, "state", span_of(state_name(profile_state(p, status, &known))));
	}
	if (job.n)
		members_raw(&m, "job", job);
	if (!profile_has_keys(p))
		reconcile_taken(&c->reconcile, id);
	finish(c, j, &m, NULL);
}

void
output_created(struct create *c, struct job *j, const char *id, struct span job)
{
	struct service *s = &c->service;
	char *status = profile_find(&s->profile->status, job);
	struct buf shown = {0};
	buf_span(&shown, job);
	secret_hide(&shown);
	job = buf_all(&shown);
	if (s->ledger) {
		struct buf b = {0};
		json_str(&b, "provider", span_of(s->profile->name));
		json_str(&b, "id", span_of(id));
		json_str(&b, "service_key", span_of(j->request.key));
		if (status)
			json_str(&b, "status", span_of(status));
		if (job.n)
			json_raw(&b, "job", job);
		ledger_write(s->ledger, LEDGER_CREATED, j->request.item, j->intent.gen,
			     buf_all(&b));
		buf_free(&b);
	}
	finish_with_job(c, j, id, status, job);
	buf_free(&shown);
	free(status);
}

bool
output_resumed(struct create *c, struct job *j, const struct ledger_found *found)
{
	enum { ID, STATUS, KEY, JOB, N };
	struct json_pick at[N] = {[ID] = {.name = "id"},
				  [STATUS] = {.name = "status"},
				  [KEY] = {.name = "service_key"},
				  [JOB] = {.name = "job"}};
	if (found->type != LEDGER_CREATED)
		return false;
	json_pick(found->line, at, N);
	char *id = at[ID].found == 1 ? json_text(at[ID].value) : NULL;
	if (!id)
		return false;
	char *status = at[STATUS].found == 1 ? json_text(at[STATUS].value) : NULL;
	char *key = at[KEY].found == 1 ? json_text(at[KEY].value) : NULL;
	if (key) {
		free(j->request.key);
		j->request.key = key;
	}
	flow_replayed(&j->step.item);
	finish_with_job(c, j, id, status, at[JOB].found == 1 ? at[JOB].value : (struct span){0});
	free(id);
	free(status);
	return true;
}

void
output_dry_run(struct create *c, struct job *j)
{
	struct members m = {0};
	add_common(&m, c, j);
	members_raw(&m, "request", buf_all(&j->request.body));
	finish(c, j, &m, NULL);
}
