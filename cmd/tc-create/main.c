/*
 * tc-create: a source, request or record a line; a job each; a record a line.
 * A request that may have made a job is never sent again blindly.
 */
#include "create.h"

#include <stdlib.h>
#include <string.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"

static struct request_options request_options;
static bool dry_run;
static enum again again;
static enum in_doubt in_doubt;
static long max_new = -1;

static const char *
in_doubt_option(void *to, const char *value)
{
	static const char *const words[] = {"list", "fail", "create"};
	for (int i = 0; i < 3; i++)
		if (strcmp(value, words[i]) == 0) {
			*(enum in_doubt *)to = (enum in_doubt)i;
			return NULL;
		}
	return "expected list, fail or create";
}

static const char *
again_option(void *to, const char *value)
{
	if (value && strcmp(value, "expired") != 0)
		return "expected expired, or no value";
	*(enum again *)to = value ? AGAIN_EXPIRED : AGAIN_BAD;
	return NULL;
}

static const char *
add_metadata(void *to, const char *value)
{
	strings_copy(to, value);
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
	{OPT_FLAG, 0, "force", NULL, "send words that the profile does not list, too", &request_options.force, 0, 0, 0},
	{OPT_NUMBER, 0, "max-new", "N", "create at most N jobs in this run", &max_new, 0, 1000000000, 0},
	{OPT_CALL, 0, "again", "[=expired]", "with -l: a new job where the last one ended badly (or its outputs are gone)", &again, 0, 0, again_option},
	{OPT_CALL, 0, "in-doubt", "list|fail|create", "what becomes of a job that may have been made (default list)", &in_doubt, 0, 0, in_doubt_option},
	{0},
};

static struct job *
job_of(struct service_item *it)
{
	return (struct job *)(void *)it;
}

/* The service is the run's first member. */
static struct create *
create_of(struct service *s)
{
	return (struct create *)(void *)s;
}

static void
admit(struct service *s, struct service_item *it)
{
	struct create *c = create_of(s);
	struct flow *f = &s->flow;
	struct job *j = job_of(it);
	record_read(&j->line, &it->item);
	if (j->line.kind == RECORD_BAD) {
		item_reject(f, &it->item, &j->line);
		return;
	}
	if (j->line.kind == RECORD_RECORD && !j->line.ok) {
		item_pass_through(f, &it->item, &j->line);
		return;
	}
	const char *why = request_build(&c->plan, &j->line, &it->item, &j->request);
	if (why) {
		j->line.why = why;
		item_reject(f, &it->item, &j->line);
	} else if (c->dry_run) {
		resume_count(c, j);
		output_dry_run(c, j);
	} else {
		it->admitted_at = clock_now();
		if (!resume_known(c, j))
			flow_schedule(f, &it->item, 0);
	}
}

/* What the ledger has already costs no slot and no request. */
static bool
ready(struct service *s, struct service_item *it)
{
	struct create *c = create_of(s);
	struct job *j = job_of(it);
	/* another process, or the same line above, may have made it since it was admitted */
	return !resume_known(c, j);
}

/* The service has forgotten the key of a create that may have made a job: the list tells. True: it is looked for. */
static bool
key_forgotten(struct create *c, struct job *j)
{
	struct failure lost = {0}, end = {0};
	int64_t sent = clock_wall() - (clock_now() - j->keyed_at);
	if (!j->keyed_at || !j->step.failures || !profile_has_keys(c->service.profile) || create_key_holds(c, sent))
		return false;
	failure_set(&lost, "unavailable", true, "no answer came while the service knew the key");
	doubt_take_up(&j->look, sent);
	j->keyed_at = 0;
	if (!reconcile_start(&c->doubt, &c->service, &j->step, &j->look, request_sent(&j->request), &lost, &end))
		output_in_doubt(c, j, &end);
	failure_free(&lost);
	failure_free(&end);
	return true;
}

static void
prepare(struct service *s, struct service_item *it)
{
	struct create *c = create_of(s);
	struct job *j = job_of(it);
	if (j->look.on || key_forgotten(c, j))
		return;
	if (c->left == 0 && !j->counted) {
		flow_stop(&s->flow, 0);
		flow_schedule(&s->flow, &it->item, 0); /* to be abandoned with the rest */
		return;
	}
	if (s->ledger && j->claimed)
		known_renew(c, j);
	else if (s->ledger && !resume_claim(c, j))
		return;
	if (c->left > 0 && !j->counted)
		c->left--;
	j->counted = true;
}

static void
start(struct service *s, struct service_item *it)
{
	struct create *c = create_of(s);
	struct job *j = job_of(it);
	const struct profile *p = s->profile;
	if (j->look.on) {
		reconcile_request(s, it, &j->look);
		return;
	}
	struct call_request ask = {.call = &p->create, .body = buf_all(request_sent(&j->request)), .header = j->request.header,
			  .unsafe = !profile_has_keys(p), .may_be_empty = p->create_id_header != NULL};
	if (ask.unsafe)
		reconcile_sent(&c->doubt, &j->look, request_sent(&j->request));
	if (!j->keyed_at || !it->failures)
		j->keyed_at = clock_now();
	service_call(s, it, &ask);
}

/* The answer did not come, or names no job: one may be there all the same. */
static void
lost(struct create *c, struct job *j, struct failure *e)
{
	struct failure end = {0};
	if (profile_has_keys(c->service.profile)) {
		fail_copy(&end, e);
		fail_copy(&j->look.lost, e);
		j->look.in_doubt = j->look.undated = true;
	} else if (reconcile_start(&c->doubt, &c->service, &j->step, &j->look, request_sent(&j->request), e, &end)) {
		return;
	}
	output_in_doubt(c, j, &end);
	failure_free(&end);
}

/* The id that a header says: its value, or what an address in it ends in. NULL: none. Caller frees. */
static char *
header_id(const struct profile *p, const struct call_result *a)
{
	struct span v = p->create_id_header && a->response ? http_header(a->response, p->create_id_header) : (struct span){0};
	if (v.n && memchr(v.p, '/', v.n)) {
		const char *end = memchr(v.p, '?', v.n);
		v = path_base((struct span){v.p, end ? (size_t)(end - v.p) : v.n});
	}
	return v.n ? mem_dup(v) : NULL;
}

/* Where the answer to a create says it: in a header, somewhere in the reply, or in the job. */
static char *
created_id(const struct service *s, const struct call_result *a, struct span job)
{
	char *id = header_id(s->profile, a);
	if (!id)
		id = profile_find(&s->profile->create_id, a->doc);
	return id ? id : profile_find(&s->profile->id, job);
}

static void
on_created(struct create *c, struct job *j, const struct call_result *a)
{
	struct service *s = &c->service;
	struct span job = service_job(s, a->doc);
	char *id = created_id(s, a, job);
	if (id) {
		s->flow.counts.created++;
		output_created(c, j, id, job);
	} else {
		struct failure e = {.http = a->status};
		failure_set(&e, "bad_response", false, "HTTP %d, but the reply names no job: %.*s", a->status,
			 (int)(a->doc.n < 200 ? a->doc.n : 200), a->doc.p);
		lost(c, j, &e);
		failure_free(&e);
	}
	free(id);
}

static void
on_result(struct service *s, struct service_item *it, const struct call_result *r)
{
	struct create *c = create_of(s);
	struct job *j = job_of(it);
	if (j->look.on) {
		struct failure e = {0};
		/* no other process may take the same job in between */
		if (s->ledger)
			ledger_lock(s->ledger);
		struct reconcile_match found = reconcile_response(&c->doubt, s, it, &j->look, r, &e);
		s->flow.counts.created += found.id && !j->earlier;
		if (found.id)
			output_created(c, j, found.id, found.job);
		else if (e.code)
			output_in_doubt(c, j, &e);
		/* given back already if something was written */
		if (s->ledger)
			ledger_unlock(s->ledger);
		failure_free(&e);
	} else if (r->kind == CALL_OK) {
		on_created(c, j, r);
	} else if (r->kind == CALL_LOST) {
		lost(c, j, r->error);
	} else {
		service_report_error(s, &it->item, NULL, r->error);
		output_failed(c, j, r->error);
	}
}

static void
abandon(struct service *s, struct service_item *it, bool interrupted)
{
	struct create *c = create_of(s);
	struct job *j = job_of(it);
	struct failure e = {0};
	if (j->look.on) {
		reconcile_fail(&c->doubt, &j->look, &e, true, "it was stopped before this was settled");
	} else {
		service_not_started(s, it, interrupted,
				c->left == 0 ? "--max-new jobs were made, run again for the rest" : "no job was made", &e);
	}
	output_failed(c, j, &e);
	failure_free(&e);
}

static void
release(struct service_item *it)
{
	struct job *j = job_of(it);
	record_free(&j->line);
	request_free(&j->request);
	reconcile_item_free(&j->look);
}

int
main(int argc, char **argv)
{
	static struct create c;
	static const struct service_tool tool = {
		.usage = "[options] [source ...]",
		.about = "Create a job for each line: a source URL or path, a request object, or a record.",
		.options = options,
		.item_size = sizeof(struct job),
		.admit = admit,
		.ready = ready,
		.prepare = prepare,
		.start = start,
		.done = on_result,
		.abandon = abandon,
		.release = release,
		.dry = &dry_run,
	};
	service_start(&c.service, &tool, argc, argv);
	if (again && !c.service.options.ledger)
		opt_usage("--again: expected a ledger too (-l FILE), for it says which jobs ended badly");
	request_options.dry = dry_run;
	request_options.samples = http_url_loopback(c.service.base_url);
	request_plan(&c.plan, c.service.profile, &request_options);
	char *run = request_plan_hash(&c.plan, c.service.base_url);
	service_ledger(&c.service, run);
	free(run);
	c.dry_run = dry_run;
	c.again = again;
	c.left = max_new;
	c.doubt.mode = in_doubt;
	c.service.flow.counts.creates = true;
	int status = service_run(&c.service);
	if (dry_run && c.service.ledger)
		msg_line("ledger: %zu new, %zu done, %zu in doubt", c.new, c.done, c.unsure);
	request_plan_free(&c.plan);
	reconcile_free(&c.doubt);
	free(request_options.metadata.v);
	service_free(&c.service);
	return status;
}
