/* tc-create: creates one job per line. A request that may have made a job is never sent again
 * blindly. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "create.h"

enum { FULL_MS = 50 }; /* until a line that --max-new leaves no job is looked at again */

static struct request_options request_options;
static bool dry_run, null_lines;
static enum again again;
static enum in_doubt in_doubt;
static bool adopt;
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
	{OPT_STRING, 'd', "defaults", "JSON|@FILE",
	 "what every request holds, merged under the line", &request_options.defaults, 0, 0, 0},
	{OPT_STRING, 'f', "format", "FORMAT", "output format, such as mp4", &request_options.format,
	 0, 0, 0},
	{OPT_STRING, 'q', "quality", "QUALITY", "quality, in the service's words",
	 &request_options.quality, 0, 0, 0},
	{OPT_STRING, 'r', "resolution", "RES", "resolution, such as 720p",
	 &request_options.resolution, 0, 0, 0},
	{OPT_STRING, 'b', "batch", "NAME", "name the batch: the key is NAME_<source>",
	 &request_options.batch, 0, 0, 0},
	{OPT_STRING, 'k', "key", "TEMPLATE",
	 "idempotency key from {input} {index} {basename} {/pointer}", &request_options.key, 0, 0,
	 0},
	{OPT_CALL, 'm', "metadata", "K=V", "metadata for every job; may be repeated",
	 &request_options.metadata, 0, 0, add_metadata},
	{OPT_FLAG, '0', "null", NULL, "sources end in NUL, not in a line end (find -print0)",
	 &null_lines, 0, 0, 0},
	{OPT_FLAG, 'n', "dry-run", NULL, "write the requests, send nothing", &dry_run, 0, 0, 0},
	{OPT_FLAG, 0, "force", NULL, "send words that the profile does not list, too",
	 &request_options.force, 0, 0, 0},
	{OPT_NUMBER, 0, "max-new", "N", "create at most N jobs in this run", &max_new, 0,
	 1000000000, 0},
	{OPT_CALL, 0, "again", "[=expired]",
	 "with -l: a new job where the last one failed (or its outputs are gone)", &again, 0, 0,
	 again_option},
	{OPT_FLAG, 0, "adopt", NULL,
	 "with -l: take the job that the service lists for a line, and create only the rest",
	 &adopt, 0, 0, 0},
	{OPT_CALL, 0, "in-doubt", "list|fail|create",
	 "what to do if a job may already exist (default list)", &in_doubt, 0, 0, in_doubt_option},
	{0},
};

static struct job *
job_of(struct service_item *it)
{
	return (struct job *)(void *)it;
}

static struct create *
create_of(struct service *s)
{
	return (struct create *)(void *)s;
}

static void
read_line(struct record *r, const struct item *it)
{
	if (null_lines)
		record_read_name(r, it);
	else
		record_read(r, it);
}

static void
admit(struct service *s, struct service_item *it)
{
	struct create *c = create_of(s);
	struct job *j = job_of(it);
	read_line(&j->line, &it->item);
	if (j->line.kind == RECORD_BAD) {
		item_reject(&s->flow, &it->item, &j->line);
		return;
	}
	if (j->line.kind == RECORD_RECORD && !j->line.ok) {
		item_pass_through(&s->flow, &it->item, &j->line);
		return;
	}
	const char *why = request_build(&c->plan, &j->line, &it->item, &j->request);
	if (why) {
		j->line.why = why;
		item_reject(&s->flow, &it->item, &j->line);
	} else if (c->dry_run) {
		resume_count(c, j);
		output_dry_run(c, j);
	} else {
		it->admitted_at = clock_now();
		reconcile_item_init(&j->doubt, &c->reconcile, it, request_sent(&j->request),
				    &j->line);
		if (!claim_finish_resumed(c, j))
			flow_schedule(&s->flow, &it->item, it->admitted_at);
	}
}

/* Build the request of a line of another shard, too: numbers of equal keys count all lines. */
static void
pass_over(struct service *s, struct service_item *it)
{
	struct create *c = create_of(s);
	struct job *j = job_of(it);
	read_line(&j->line, &it->item);
	if (j->line.kind != RECORD_BAD && (j->line.kind != RECORD_RECORD || j->line.ok))
		request_build(&c->plan, &j->line, &it->item, &j->request);
}

/*
 * Return whether the item needs a slot: one whose job the ledger has does not.
 * One that --max-new leaves no job waits until those that have one are through
 * with their retries and doubts, because it will stop the run.
 */
static bool
ready(struct service *s, struct service_item *it)
{
	struct create *c = create_of(s);
	struct job *j = job_of(it);
	/* another process, or the same line above, may have made the job since the line was
	 * admitted */
	if (claim_finish_resumed(c, j))
		return false;
	if (c->jobs_left != 0 || j->counted || !c->jobs_under_way)
		return true;
	flow_schedule(&s->flow, &it->item, clock_now() + FULL_MS * MILLISECOND);
	return false;
}

static void
prepare(struct service *s, struct service_item *it)
{
	struct create *c = create_of(s);
	struct job *j = job_of(it);
	if (j->doubt.active || claim_key_forgotten(c, j))
		return;
	if (c->jobs_left == 0 && !j->counted) {
		flow_stop(&s->flow, 0);
		flow_schedule(&s->flow, &it->item, 0); /* to be abandoned with the rest */
		return;
	}
	if (s->ledger && j->claimed)
		resume_renew(c, j);
	else if (s->ledger && !claim_item(c, j))
		return;
	if (j->counted)
		return;
	if (c->jobs_left > 0)
		c->jobs_left--;
	c->jobs_under_way++;
	j->counted = true;
}

static void
start(struct service *s, struct service_item *it)
{
	const struct profile *p = s->profile;
	struct job *j = job_of(it);
	if (j->doubt.active) {
		reconcile_request(&j->doubt);
		return;
	}
	struct call_request create = {.call = &p->create,
				      .body = buf_all(request_sent(&j->request)),
				      .header = j->request.header,
				      .unsafe = !profile_has_keys(p),
				      .may_be_empty = p->create_id_header != NULL,
				      .id_header = p->create_id_header};
	if (create.unsafe)
		reconcile_sent(&j->doubt);
	else
		create_key_sent(j);
	service_call(s, it, &create);
}

static void
done(struct service *s, struct service_item *it, const struct call_result *r)
{
	result_of_call(create_of(s), job_of(it), r);
}

static void
abandon(struct service *s, struct service_item *it, bool interrupted)
{
	struct create *c = create_of(s);
	struct job *j = job_of(it);
	struct failure e = {0};
	const char *undone = create_key_in_use(c, j) ? "a job may have been made: run again"
			     : c->jobs_left == 0
				     ? "--max-new jobs were made, run again for the rest"
				     : "no job was made";
	if (j->doubt.active)
		reconcile_fail(&j->doubt, &e, true, "the run stopped before this was settled");
	else
		service_not_started(s, it, interrupted, undone, &e);
	output_failed(c, j, &e);
	failure_free(&e);
}

static void
release(struct service_item *it)
{
	struct job *j = job_of(it);
	if (j->counted)
		create_of(j->doubt.run->service)->jobs_under_way--;
	record_free(&j->line);
	request_free(&j->request);
	reconcile_item_free(&j->doubt);
}

static void
check_options(const struct service *s)
{
	if (again && !s->options.ledger)
		opt_usage("--again requires a ledger (-l FILE), which records how jobs ended");
	if (adopt && !s->options.ledger)
		opt_usage("--adopt requires a ledger (-l FILE), to record the jobs in");
	if (adopt && !s->profile->match_request.n)
		msg_die(EXIT_BAD_CONFIG,
			"profile %s: /list/match: missing: --adopt cannot match jobs to lines",
			s->profile->name);
}

int
main(int argc, char **argv)
{
	static struct create c;
	static const struct service_tool tool = {
		.usage = "[options] [source ...]",
		.about = "Create a job for each line: a source URL or path, a request object, or a "
			 "record.",
		.options = options,
		.item_size = sizeof(struct job),
		.admit = admit,
		.pass_over = pass_over,
		.ready = ready,
		.prepare = prepare,
		.start = start,
		.done = done,
		.abandon = abandon,
		.release = release,
		.dry = &dry_run,
	};
	service_start(&c.service, &tool, argc, argv);
	if (null_lines) {
		c.service.flow.in.delimiter = '\0';
		c.service.flow.text = false;
	}
	check_options(&c.service);
	request_options.dry = dry_run;
	request_options.samples = !dry_run && http_url_loopback(c.service.base_url);
	request_plan(&c.plan, c.service.profile, &request_options);
	char *run = request_plan_hash(&c.plan, c.service.base_url);
	char *about = request_plan_about(&c.plan, c.service.base_url);
	service_ledger(&c.service, run, about);
	free(run);
	free(about);
	c.dry_run = dry_run;
	c.again = again;
	c.adopt = adopt;
	c.jobs_left = max_new;
	c.reconcile.service = &c.service;
	c.reconcile.mode = in_doubt;
	c.service.flow.counts.creates = true;
	int status = service_run(&c.service);
	if (dry_run && c.service.ledger)
		msg_line("ledger: %zu new, %zu done, %zu in doubt", c.new_items, c.done_items,
			 c.doubtful_items);
	request_plan_free(&c.plan);
	reconcile_free(&c.reconcile);
	strings_free(&request_options.metadata);
	service_free(&c.service);
	return status;
}
