/* How an item of tc-create ends: its record. */
#include "create.h"

#include <stdlib.h>

bool
create_keeps_keys(const struct profile *p)
{
	return p->key_pointer || p->key_header;
}

void
create_fail(struct create *c, struct job *j, const struct failure *e)
{
	struct buf provider = {0}, key = {0};
	known_failure(c, j, e);
	json_quote(&provider, span_of(c->service.profile->name));
	if (j->request.key)
		json_quote(&key, span_of(j->request.key));
	struct json_member set[] = {{"provider", buf_all(&provider)}, {"key", {key.p, key.n}}};
	record_done(&c->service.flow, &j->step.item, &j->line, set, 2, e);
	buf_free(&provider);
	buf_free(&key);
}

void
create_record(struct create *c, struct job *j, const char *id, const char *status, struct span job)
{
	struct service *s = &c->service;
	struct buf provider = {0}, key = {0}, quoted_id = {0}, word = {0}, state = {0};
	bool known;
	json_quote(&provider, span_of(s->profile->name));
	json_quote(&key, span_of(j->request.key));
	json_quote(&quoted_id, span_of(id));
	if (status) {
		json_quote(&word, span_of(status));
		json_quote(&state, span_of(state_word(profile_state(s->profile, status, &known))));
	}
	struct json_member set[] = {
		{"provider", buf_all(&provider)}, {"key", buf_all(&key)},	{"id", buf_all(&quoted_id)},
		{"status", {word.p, word.n}},	  {"state", {state.p, state.n}}, {"job", job},
	};
	if (!create_keeps_keys(s->profile))
		doubt_claim(&c->doubt, id);
	record_done(&s->flow, &j->step.item, &j->line, set, sizeof set / sizeof *set, NULL);
	buf_free(&provider);
	buf_free(&key);
	buf_free(&quoted_id);
	buf_free(&word);
	buf_free(&state);
}

void
create_made(struct create *c, struct job *j, const char *id, struct span job)
{
	struct service *s = &c->service;
	char *status = profile_find(&s->profile->status, job);
	if (s->ledger) {
		struct buf b = {0};
		json_str(&b, "provider", span_of(s->profile->name));
		json_str(&b, "id", span_of(id));
		json_str(&b, "service_key", span_of(j->request.key));
		if (status)
			json_str(&b, "status", span_of(status));
		json_raw(&b, "job", job);
		ledger_write(s->ledger, LEDGER_CREATED, j->request.item, j->known.gen, buf_all(&b));
		buf_free(&b);
	}
	create_record(c, j, id, status, job);
	free(status);
}

void
create_show(struct create *c, struct job *j)
{
	struct buf provider = {0}, key = {0};
	json_quote(&provider, span_of(c->service.profile->name));
	json_quote(&key, span_of(j->request.key));
	struct json_member set[] = {
		{"provider", buf_all(&provider)}, {"key", buf_all(&key)}, {"request", buf_all(&j->request.body)}};
	record_done(&c->service.flow, &j->step.item, &j->line, set, 3, NULL);
	buf_free(&provider);
	buf_free(&key);
}

void
create_in_doubt(struct create *c, struct job *j, const struct failure *e)
{
	service_complain(&c->service, &j->step.item, NULL, e);
	create_fail(c, j, e);
}
