/*
 * tc-create: a source, request or record a line; a job each; a record a line.
 * A request that may have made a job is never sent again blindly.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "doubt.h"
#include "msg.h"
#include "request.h"
#include "service.h"

/* Another process is about to create this very job: look again after this. */
enum { BUSY_MS = 100 };

struct create {
	struct service service;
	struct request_plan plan;
	struct doubt doubt;
	long left;              /* of --max-new; -1: no bound */
	size_t new, done, unsure; /* what a dry run counts in the ledger */
};

struct job {
	struct step step;
	struct record line;
	struct request request;
	struct look look;          /* for a job whose creation is in doubt */
	struct ledger_known known; /* its claim in the ledger; no line is kept */
	bool claimed, counted;
};

static struct request_options request_options;
static bool dry_run, again, create_anyway;
static long max_new = -1;

static const char *
in_doubt_option(void *to, const char *value)
{
	bool create = strcmp(value, "create") == 0;
	*(bool *)to = create;
	return create || strcmp(value, "fail") == 0 ? NULL : "fail or create is wanted";
}

static const char *
add_metadata(void *to, const char *value)
{
	struct strings *s = to;
	s->v = mem_grow(s->v, (s->n + 1) * sizeof *s->v);
	s->v[s->n++] = (char *)value;
	return NULL;
}

static const struct opt options[] = {
	{OPT_STRING, 'd', "defaults", "JSON|@FILE", "what every request holds, merged under the line", &request_options.defaults, 0, 0, 0},
	{OPT_STRING, 'f', "format", "FORMAT", "output format, such as mp4", &request_options.format, 0, 0, 0},
	{OPT_STRING, 'q', "quality", "QUALITY", "quality, in the service's words", &request_options.quality, 0, 0, 0},
	{OPT_STRING, 'r', "resolution", "RES", "resolution, such as 720p", &request_options.resolution, 0, 0, 0},
	{OPT_STRING, 'b', "batch", "NAME", "name the batch: the key is NAME_<source>", &request_options.batch, 0, 0, 0},
	{OPT_STRING, 'k', "key", "TEMPLATE", "idempotency key from {input} {index} {basename} {/pointer}", &request_options.key, 0, 0, 0},
	{OPT_CALL, 'm', "metadata", "K=V", "metadata for every job; may be given again", &request_options.metadata, 0, 0, add_metadata},
	{OPT_FLAG, 'n', "dry-run", NULL, "write the requests, send nothing", &dry_run, 0, 0, 0},
	{OPT_NUMBER, 0, "max-new", "N", "create at most N jobs in this run", &max_new, 0, 1000000000, 0},
	{OPT_FLAG, 0, "again", NULL, "with -l: a new job where the last one ended badly", &again, 0, 0, 0},
	{OPT_CALL, 0, "in-doubt", "WHAT", "a job that may have been made: fail (default) or create", &create_anyway, 0, 0, in_doubt_option},
	{0},
};

static struct job *
job_of(struct item *it)
{
	return (struct job *)(void *)it;
}

/* No job was made, for sure: a later run may try again. Or: the answer was lost, and that stays. */
static void
note_failure(struct create *c, struct job *j, const struct failure *e)
{
	struct ledger *l = c->service.ledger;
	struct buf b = {0}, error = {0};
	if (!l || !j->claimed)
		return;
	if (j->look.code) {
		if (!j->look.unsent)
			ledger_lost(l, j->request.item, &j->known);
		return;
	}
	fail_json(&error, e);
	json_raw(&b, "error", buf_all(&error));
	ledger_write(l, LEDGER_ENDED, j->request.item, j->known.gen, buf_all(&b));
	buf_free(&error);
	buf_free(&b);
}

static void
fail(struct create *c, struct job *j, const struct failure *e)
{
	struct buf provider = {0}, key = {0};
	note_failure(c, j, e);
	json_quote(&provider, span_of(c->service.profile->name));
	if (j->request.key)
		json_quote(&key, span_of(j->request.key));
	struct json_member set[] = {{"provider", buf_all(&provider)}, {"key", {key.p, key.n}}};
	record_done(&c->service.flow, &j->step.item, &j->line, set, 2, e);
	buf_free(&provider);
	buf_free(&key);
}

/* The record of a job that is there now. */
static void
write_record(struct create *c, struct job *j, const char *id, const char *status, struct span job)
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
	doubt_claim(&c->doubt, id);
	record_done(&s->flow, &j->step.item, &j->line, set, sizeof set / sizeof *set, NULL);
	buf_free(&provider);
	buf_free(&key);
	buf_free(&quoted_id);
	buf_free(&word);
	buf_free(&state);
}

static void
created(struct create *c, struct job *j, const char *id, struct span job)
{
	struct service *s = &c->service;
	char *status = service_text(&s->profile->status, job);
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
	write_record(c, j, id, status, job);
	free(status);
}

/* The job that an earlier run made for this item, as the ledger has it; false if it has none. */
static bool
created_before(struct create *c, struct job *j, const struct ledger_known *known)
{
	struct span v, job = {0};
	char *id = json_get(known->line, "id", &v) == 1 ? json_text(v) : NULL;
	char *status = json_get(known->line, "status", &v) == 1 ? json_text(v) : NULL;
	char *key = json_get(known->line, "service_key", &v) == 1 ? json_text(v) : NULL;
	bool is_created = known->type == LEDGER_CREATED && id;
	if (is_created && key) {
		free(j->request.key);
		j->request.key = key;
		key = NULL;
	}
	if (is_created)
		write_record(c, j, id, status, json_get(known->line, "job", &job) == 1 ? job : (struct span){0});
	free(id);
	free(status);
	free(key);
	return is_created;
}

/* --again: did the job that the ledger has for this item end badly? */
static bool
ended_badly(const struct create *c, const struct ledger_known *created_line)
{
	const struct service *s = &c->service;
	struct ledger_known ended;
	struct buf key = {0};
	struct span v;
	char *id = json_get(created_line->line, "id", &v) == 1 ? json_text(v) : NULL;
	ledger_job_key(&key, s->profile->name, id ? id : "");
	bool bad = ledger_find(s->ledger, 'j', buf_all(&key), &ended) && json_get(ended.line, "state", &v) == 1 &&
		   !span_is(v, "\"succeeded\"");
	buf_free(&key);
	free(id);
	return bad;
}

/* The generation that a new one is to follow, 0 if what is there stays. */
static unsigned
generation_to_follow(struct create *c, const struct job *j)
{
	struct ledger_known known;
	if (!again || !ledger_find(c->service.ledger, 'k', span_of(j->request.item), &known) ||
	    known.type != LEDGER_CREATED)
		return 0;
	return ended_badly(c, &known) ? known.gen : 0;
}

static void
show_request(struct create *c, struct job *j)
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

static void
count_known(struct create *c, const struct job *j)
{
	struct ledger_known known;
	if (!c->service.ledger)
		return;
	if (!ledger_find(c->service.ledger, 'k', span_of(j->request.item), &known) || known.type == LEDGER_ENDED)
		c->new++;
	else if (known.type == LEDGER_INTENT)
		c->unsure++;
	else if (generation_to_follow(c, j))
		c->new++;
	else
		c->done++;
}

static void
admit(struct flow *f, struct item *it)
{
	struct create *c = f->tool;
	struct job *j = job_of(it);
	record_read(&j->line, it);
	if (j->line.kind == LINE_BAD) {
		record_bad(f, it, &j->line);
		return;
	}
	if (j->line.kind == LINE_RECORD && !j->line.ok) {
		record_pass(f, it, &j->line);
		return;
	}
	const char *why = request_make(&c->plan, &j->line, it, &j->request);
	if (why) {
		j->line.why = why;
		record_bad(f, it, &j->line);
	} else if (dry_run) {
		count_known(c, j);
		show_request(c, j);
	} else {
		j->step.seen = clock_now();
		flow_later(f, it, 0);
	}
}

static void
in_doubt(struct create *c, struct job *j, const struct failure *e)
{
	service_complain(&c->service, &j->step.item, NULL, e);
	fail(c, j, e);
}

/* What the ledger has already costs no slot and no request. */
static bool
ready(struct flow *f, struct item *it)
{
	struct create *c = f->tool;
	struct job *j = job_of(it);
	struct ledger_known known;
	if (c->service.ledger && !j->claimed && !generation_to_follow(c, j) &&
	    ledger_find(c->service.ledger, 'k', span_of(j->request.item), &known) && created_before(c, j, &known))
		return false;
	return service_ready(f, it);
}

static bool
keeps_keys(const struct profile *p)
{
	return p->key_pointer || p->key_header;
}

/* The intent, before anything is sent; false if the item goes another way. */
static bool
claim(struct create *c, struct job *j)
{
	struct service *s = &c->service;
	struct buf input = {0};
	struct failure e = {0};
	if (j->line.value.n)
		json_oneline(&input, j->line.value);
	else
		json_quote(&input, j->line.line);
	enum claim what =
		ledger_claim(s->ledger, j->request.item, buf_all(&input), generation_to_follow(c, j), &j->known);
	buf_free(&input);
	j->claimed = what == CLAIM_NEW || what == CLAIM_DOUBT;
	if (j->claimed && j->known.gen > 1)
		request_generation(&c->plan, &j->request, j->known.gen);
	if (what == CLAIM_KNOWN && !created_before(c, j, &j->known)) {
		fail_set(&e, "invalid_input", false, "the ledger knows this key as another tool's: use another -k or ledger");
		fail(c, j, &e);
	}
	if (what == CLAIM_BUSY)
		flow_later(&s->flow, &j->step.item, clock_now() + BUSY_MS * MILLISECOND);
	if (what == CLAIM_DOUBT && !keeps_keys(s->profile)) {
		j->look.since = j->known.since;
		j->look.unsent = !j->known.lost;
		fail_set(&e, "in_doubt", false, j->known.lost ? "in an earlier run" : "the run that sent it was killed");
		doubt_begin(&c->doubt, s, &j->step, &j->look, &j->request.body, &e);
		if (!j->look.on && c->doubt.create_anyway)
			j->look.code = NULL;
		else if (!j->look.on)
			in_doubt(c, j, &e);
	}
	fail_free(&e);
	return j->claimed && j->step.item.state == ITEM_PICKED;
}

static void
prepare(struct flow *f, struct item *it)
{
	struct create *c = f->tool;
	struct job *j = job_of(it);
	if (j->look.on)
		return;
	if (c->left == 0 && !j->counted) {
		flow_stop(f, 0);
		flow_later(f, it, 0); /* to be abandoned with the rest */
		return;
	}
	if (c->service.ledger && !j->claimed && !claim(c, j))
		return;
	if (c->left > 0 && !j->counted)
		c->left--;
	j->counted = true;
}

static void
start(struct flow *f, struct item *it)
{
	struct create *c = f->tool;
	struct job *j = job_of(it);
	const struct profile *p = c->service.profile;
	if (j->look.on) {
		doubt_ask(&c->service, &j->step, &j->look);
		return;
	}
	struct ask ask = {.call = &p->create, .body = buf_all(&j->request.body), .header = j->request.header,
			  .unsafe = !keeps_keys(p)};
	j->look.since = clock_wall();
	j->look.code = NULL;
	j->look.unsent = false;
	service_send(&c->service, &j->step, &ask);
}

/* The answer did not come, or names no job: one may be there all the same. */
static void
lost(struct create *c, struct job *j, struct failure *e)
{
	if (!keeps_keys(c->service.profile))
		doubt_begin(&c->doubt, &c->service, &j->step, &j->look, &j->request.body, e);
	else
		j->look.code = e->code;
	if (!j->look.on)
		in_doubt(c, j, e);
}

static void
on_created(struct create *c, struct job *j, const struct answer *a)
{
	struct service *s = &c->service;
	struct span job = service_job(s, a->doc);
	char *id = service_text(&s->profile->id, job);
	if (id) {
		created(c, j, id, job);
	} else {
		struct failure e = {.http = a->status};
		fail_set(&e, "bad_response", false, "HTTP %d, but the reply names no job: %.*s", a->status,
			 (int)(a->doc.n < 200 ? a->doc.n : 200), a->doc.p);
		lost(c, j, &e);
		fail_free(&e);
	}
	free(id);
}

static void
answer(struct service *s, struct step *st, const struct answer *a)
{
	struct create *c = (struct create *)(void *)s;
	struct job *j = job_of(&st->item);
	if (j->look.on) {
		struct failure e = {0};
		/* no other process may take the same job in between */
		if (s->ledger)
			ledger_hold_still(s->ledger);
		struct found found = doubt_hear(&c->doubt, s, st, &j->look, a, &e);
		if (found.id)
			created(c, j, found.id, found.job);
		else if (s->ledger)
			ledger_go_on(s->ledger);
		else if (e.code)
			in_doubt(c, j, &e);
		fail_free(&e);
	} else if (a->kind == ANSWER_OK) {
		on_created(c, j, a);
	} else if (a->kind == ANSWER_LOST) {
		lost(c, j, a->error);
	} else {
		service_complain(s, &st->item, NULL, a->error);
		fail(c, j, a->error);
	}
}

static void
abandon(struct flow *f, struct item *it, bool interrupted)
{
	struct create *c = f->tool;
	struct job *j = job_of(it);
	struct failure e = {0};
	if (j->look.on) {
		doubt_give_up(&j->look, &e, "stopped before it was looked for");
	} else {
		service_abandon(&c->service, &j->step, interrupted,
				c->left == 0 ? "--max-new jobs were made, run again for the rest" : "no job was made", &e);
	}
	fail(c, j, &e);
	fail_free(&e);
}

static void
release(struct item *it)
{
	struct job *j = job_of(it);
	record_free(&j->line);
	request_free(&j->request);
	doubt_forget(&j->look);
}

static const struct flow_ops ops = {
	.item_size = sizeof(struct job),
	.admit = admit,
	.ready = ready,
	.prepare = prepare,
	.start = start,
	.commit = service_commit,
	.abandon = abandon,
	.wait = service_wait,
	.stop = service_stop,
	.release = release,
};

int
main(int argc, char **argv)
{
	static struct create c;
	const struct program program = {
		"[options] [source ...]",
		"Create a job for each line: a source URL or path, a request object, or a record.",
		{options, service_table},
		service_version,
	};
	msg_init(argv[0]);
	service_defaults();
	int i = opt_parse(&program, argc, argv);
	service_init(&c.service, &ops, argv + i, dry_run);
	request_plan(&c.plan, c.service.profile, &request_options);
	char *run = request_plan_hash(&c.plan, c.service.base_url);
	service_ledger(&c.service, run);
	free(run);
	c.left = max_new;
	c.doubt.create_anyway = create_anyway;
	c.service.answer = answer;
	/* bounded: what waits for a slot is read when there is one */
	c.service.flow.window = 64 + 4 * (size_t)c.service.jobs;
	int status = service_run(&c.service);
	if (dry_run && c.service.ledger)
		msg_line("ledger: %zu new, %zu done, %zu in doubt", c.new, c.done, c.unsure);
	request_plan_free(&c.plan);
	doubt_free(&c.doubt);
	free(request_options.metadata.v);
	service_free(&c.service);
	return status;
}
