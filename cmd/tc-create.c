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

struct create {
	struct service service;
	struct request_plan plan;
	struct doubt doubt;
	bool dry_run;
};

struct job {
	struct step step;
	struct record line;
	struct request request;
	struct look look; /* for a job whose creation is in doubt */
};

static struct request_options request_options;
static bool dry_run;

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
	{0},
};

static struct job *
job_of(struct item *it)
{
	return (struct job *)(void *)it;
}

static void
fail(struct create *c, struct job *j, const struct failure *e)
{
	struct buf provider = {0}, key = {0};
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
created(struct create *c, struct job *j, const char *id, struct span job)
{
	struct service *s = &c->service;
	struct buf provider = {0}, key = {0}, quoted_id = {0}, status = {0}, state = {0};
	char *word = service_text(&s->profile->status, job);
	bool known;
	json_quote(&provider, span_of(s->profile->name));
	json_quote(&key, span_of(j->request.key));
	json_quote(&quoted_id, span_of(id));
	if (word) {
		json_quote(&status, span_of(word));
		json_quote(&state, span_of(state_word(profile_state(s->profile, word, &known))));
	}
	struct json_member set[] = {
		{"provider", buf_all(&provider)},      {"key", buf_all(&key)}, {"id", buf_all(&quoted_id)},
		{"status", {status.p, status.n}}, {"state", {state.p, state.n}}, {"job", job},
	};
	doubt_claim(&c->doubt, id);
	record_done(&s->flow, &j->step.item, &j->line, set, sizeof set / sizeof *set, NULL);
	buf_free(&provider);
	buf_free(&key);
	buf_free(&quoted_id);
	buf_free(&status);
	buf_free(&state);
	free(word);
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
	} else if (c->dry_run) {
		show_request(c, j);
	} else {
		j->step.seen = clock_now();
		flow_later(f, it, 0);
	}
}

static void
start(struct flow *f, struct item *it)
{
	struct create *c = f->tool;
	struct job *j = job_of(it);
	const struct profile *p = c->service.profile;
	if (j->look.on) {
		doubt_ask(&c->doubt, &c->service, &j->step, &j->look);
		return;
	}
	struct ask ask = {.call = &p->create, .body = buf_all(&j->request.body), .header = j->request.header,
			  .unsafe = !p->key_pointer && !p->key_header};
	j->look.since = clock_wall();
	service_send(&c->service, &j->step, &ask);
}

static void
in_doubt(struct create *c, struct job *j, const struct failure *e)
{
	service_complain(&c->service, &j->step.item, NULL, e);
	fail(c, j, e);
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
		in_doubt(c, j, &e);
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
		struct found found = doubt_hear(&c->doubt, s, st, &j->look, buf_all(&j->request.body), a, &e);
		if (found.id)
			created(c, j, found.id, found.job);
		else if (e.code)
			in_doubt(c, j, &e);
		fail_free(&e);
	} else if (a->kind == ANSWER_OK) {
		on_created(c, j, a);
	} else if (a->kind == ANSWER_LOST) {
		doubt_begin(&c->doubt, s, st, &j->look, a->error);
		if (!j->look.on)
			in_doubt(c, j, a->error);
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
	} else if (interrupted && j->step.tries) {
		fail_set(&e, "interrupted", true, "stopped between tries: no job was made");
	} else {
		fail_set(&e, "not_attempted", c->service.flow.status != EXIT_REFUSED, "stopped before it was sent");
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
	.ready = service_ready,
	.start = start,
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
	c.dry_run = dry_run;
	service_init(&c.service, &ops, argv + i, dry_run);
	request_plan(&c.plan, c.service.profile, &request_options);
	c.service.answer = answer;
	/* bounded: what waits for a slot is read when there is one */
	c.service.flow.window = 64 + 4 * (size_t)c.service.jobs;
	int status = service_run(&c.service);
	request_plan_free(&c.plan);
	doubt_free(&c.doubt);
	free(request_options.metadata.v);
	service_free(&c.service);
	return status;
}
