/* How an item of tc-create ends: its record. */
#include "create.h"

#include "base/clock.h"
#include "base/secret.h"

#include <stdlib.h>

bool
profile_has_keys(const struct profile *p)
{
	return p->key_pointer || p->key_header;
}

bool
create_key_holds(const struct create *c, int64_t since)
{
	const struct profile *p = c->service.profile;
	return profile_has_keys(p) && (!p->key_window || clock_wall() - since < p->key_window);
}

void
output_failed(struct create *c, struct job *j, const struct failure *e)
{
	struct buf provider = {0}, key = {0};
	resume_note_failure(c, j, e);
	json_quote(&provider, span_of(c->service.profile->name));
	if (j->request.key)
		json_quote(&key, span_of(j->request.key));
	struct json_member set[] = {{"provider", buf_all(&provider)}, {"key", {key.p, key.n}}};
	item_finish(&c->service.flow, &j->step.item, &j->line, set, 2, e);
	buf_free(&provider);
	buf_free(&key);
}

void
output_record(struct create *c, struct job *j, const char *id, const char *status, struct span job)
{
	struct service *s = &c->service;
	struct buf provider = {0}, key = {0}, quoted_id = {0}, word = {0}, state = {0};
	bool known;
	json_quote(&provider, span_of(s->profile->name));
	json_quote(&key, span_of(j->request.key));
	json_quote(&quoted_id, span_of(id));
	if (status) {
		json_quote(&word, span_of(status));
		json_quote(&state, span_of(state_name(profile_state(s->profile, status, &known))));
	}
	struct json_member set[] = {
		{"provider", buf_all(&provider)}, {"key", buf_all(&key)},	{"id", buf_all(&quoted_id)},
		{"status", {word.p, word.n}},	  {"state", {state.p, state.n}}, {"job", job},
	};
	if (!profile_has_keys(s->profile))
		reconcile_taken(&c->doubt, id);
	item_finish(&s->flow, &j->step.item, &j->line, set, sizeof set / sizeof *set, NULL);
	buf_free(&provider);
	buf_free(&key);
	buf_free(&quoted_id);
	buf_free(&word);
	buf_free(&state);
}

void
output_created(struct create *c, struct job *j, const char *id, struct span job)
{
	struct service *s = &c->service;
	struct buf shown = {0};
	char *status = profile_find(&s->profile->status, job);
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
		ledger_write(s->ledger, LEDGER_CREATED, j->request.item, j->known.gen, buf_all(&b));
		buf_free(&b);
	}
	output_record(c, j, id, status, job);
	buf_free(&shown);
	free(status);
}

void
output_dry_run(struct create *c, struct job *j)
{
	struct buf provider = {0}, key = {0};
	json_quote(&provider, span_of(c->service.profile->name));
	json_quote(&key, span_of(j->request.key));
	struct json_member set[] = {
		{"provider", buf_all(&provider)}, {"key", buf_all(&key)}, {"request", buf_all(&j->request.body)}};
	item_finish(&c->service.flow, &j->step.item, &j->line, set, 3, NULL);
	buf_free(&provider);
	buf_free(&key);
}

void
output_in_doubt(struct create *c, struct job *j, const struct failure *e)
{
	service_report_error(&c->service, &j->step.item, NULL, e);
	output_failed(c, j, e);
}
