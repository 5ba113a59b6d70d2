/*
 * tc-list: list the jobs at the service, a record each, newest first. It reads
 * no lines: one item carries the list calls, and each page's records are
 * written as it comes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/msg.h"
#include "base/seen.h"
#include "list.h"
#include "service/joberror.h"
#include "service/joblist.h"
#include "json/json.h"

enum { RESTARTS = 3 }; /* of a listing whose cursor was refused */

struct list {
	struct service service; /* first: callbacks get its address */
	struct filter filter;
	struct known known;
	struct joblist pages;
	struct seen ids; /* of the jobs listed: a job that moved to the next page is listed again */
	struct buf out;
	size_t listed, kept;
	long max; /* --max; -1: no bound */
	unsigned restarts;
	bool orphans, missing, quiet, more;
};

static struct filter options_filter;
static bool orphans, missing;
static long max = -1;

static const struct opt options[] = {
	{OPT_CALL, 's', "status", "WORD", "only jobs in this status; may be repeated",
	 &options_filter.words, 0, 0, filter_add},
	{OPT_CALL, 0, "since", "TIME",
	 "only jobs made from then on: a date, RFC 3339, or how long ago (24h)",
	 &options_filter.since, 0, 0, filter_time},
	{OPT_CALL, 0, "until", "TIME", "only jobs made until then", &options_filter.until, 0, 0,
	 filter_time},
	{OPT_STRING, 'b', "batch", "NAME", "only jobs of this batch", &options_filter.batch, 0, 0,
	 0},
	{OPT_CALL, 'm', "metadata", "K=V", "only jobs with this metadata; may be repeated",
	 &options_filter.metadata, 0, 0, filter_add},
	{OPT_NUMBER, 0, "max", "N", "at most N jobs", &max, 0, 1000000000, 0},
	{OPT_FLAG, 0, "orphans", NULL, "with -l: only jobs that no item of the ledger has",
	 &orphans, 0, 0, 0},
	{OPT_FLAG, 0, "missing", NULL, "with -l: only items of the ledger whose job is not listed",
	 &missing, 0, 0, 0},
	{0},
};

static struct list *
list_of(struct service *s)
{
	return (struct list *)(void *)s;
}

static void
admit(struct service *s, struct service_item *it)
{
	struct list *l = list_of(s);
	joblist_start(&l->pages, l->filter.since);
	flow_schedule(&s->flow, &it->item, 0);
}

static void
start(struct service *s, struct service_item *it)
{
	joblist_request(s, it, &list_of(s)->pages);
}

/* Begin a record: index, input, ok. */
static void
open_record(struct list *l, struct span input, bool ok)
{
	json_open(&l->out);
	json_int(&l->out, "index", (long long)l->kept++);
	json_raw(&l->out, "input", input);
	json_bool(&l->out, "ok", ok);
	json_str(&l->out, "provider", span_of(l->service.profile->name));
}

static void
close_record(struct list *l, const struct failure *e)
{
	struct buf error = {0};
	if (e) {
		failure_json(&error, e);
		json_raw(&l->out, "error", buf_all(&error));
	}
	json_close(&l->out);
	buf_ch(&l->out, '\n');
	buf_free(&error);
}

/* Append the record of a listed job. One that ended badly is a failed record. */
static void
write_job(struct list *l, const char *id, struct span job)
{
	const struct profile *p = l->service.profile;
	struct failure e = {0};
	struct buf input = {0};
	bool known = true;
	char *status = profile_find(&p->status, job);
	enum state state = status ? profile_state(p, status, &known) : STATE_RUNNING;
	bool bad = status && job_failure(&e, p, state, job);
	json_quote(&input, span_of(id));
	open_record(l, buf_all(&input), !bad);
	json_raw(&l->out, "id", buf_all(&input));
	if (status) {
		json_str(&l->out, "status", span_of(status));
		json_str(&l->out, "state", span_of(state_name(state)));
	}
	json_raw(&l->out, "job", job);
	close_record(l, bad ? &e : NULL);
	buf_free(&input);
	failure_free(&e);
	free(status);
}

/* Take a job of a page. */
static void
on_job(void *ctx, struct span job)
{
	struct list *l = ctx;
	const struct profile *p = l->service.profile;
	char *id = joblist_id(p, job);
	if (id && seen_add(&l->ids, span_of(id))) {
		struct known_job *known =
			l->orphans || l->missing ? known_find(&l->known, id) : NULL;
		l->listed++;
		if (known)
			known->listed = true;
		if (!l->missing && !(l->orphans && known) && filter_keeps(&l->filter, p, job)) {
			if (l->max < 0 || l->kept < (size_t)l->max)
				write_job(l, id, job);
			else
				l->more = true;
		}
	}
	free(id);
}

static void
flush(struct list *l)
{
	if (io_write_all(STDOUT_FILENO, buf_all(&l->out), NULL) < 0)
		msg_die(EXIT_IO, "stdout: %s", strerror(errno));
	l->out.n = 0;
}

/* Write the items of the ledger whose jobs were not listed. */
static void
write_missing(struct list *l)
{
	struct failure e = {0};
	failure_set(&e, "rejected", false, "the service does not list this job");
	for (const struct known_job *job = l->known.jobs; job; job = job->next) {
		struct buf id = {0};
		if (job->listed)
			continue;
		json_quote(&id, span_of(job->node.name));
		open_record(l, job->input ? span_of(job->input) : buf_all(&id), false);
		json_raw(&l->out, "id", buf_all(&id));
		close_record(l, &e);
		buf_free(&id);
	}
	failure_free(&e);
	flush(l);
}

static void
end(struct list *l, struct service_item *it, enum outcome outcome)
{
	flow_done(&l->service.flow, &it->item, (struct span){0}, outcome);
}

/* Start over after a refused cursor: jobs that were listed already are known. */
static bool
restart(struct list *l, const struct call_result *r)
{
	if (strcmp(r->error->code, "rejected") != 0 || !l->pages.cursor ||
	    l->restarts++ >= RESTARTS)
		return false;
	msg_debug("the service refuses its cursor: listing from the first page again");
	joblist_start(&l->pages, l->filter.since);
	return true;
}

static void
on_page(struct service *s, struct service_item *it, const struct call_result *r)
{
	struct list *l = list_of(s);
	bool ended = joblist_ended(&l->pages, r);
	if (r->kind != CALL_OK && !ended && restart(l, r)) {
		flow_schedule(&s->flow, &it->item, 0);
		return;
	}
	if (r->kind != CALL_OK && !ended) {
		service_report_error(s, &it->item, NULL, r->error);
		end(l, it, failure_outcome(r->error));
		return;
	}
	bool more = !ended && joblist_read(s, &l->pages, r->doc, on_job, l);
	flush(l);
	if (joblist_again(s, it, &l->pages))
		return;
	if (l->pages.repeats) {
		msg_error("the service sends the same page again and again: the rest of its list "
			  "cannot be read");
		end(l, it, OUTCOME_FAILED);
	} else if (l->pages.unread) {
		msg_error("the service's reply has no list of jobs where profile %s expects it "
			  "(/list/items)",
			  s->profile->name);
		end(l, it, OUTCOME_FAILED);
	} else if (more && !l->more) {
		flow_schedule(&s->flow, &it->item, 0);
	} else {
		l->more = l->more || l->pages.cut;
		if (l->pages.unnamed)
			msg_error("%zu of the listed jobs: no id where profile %s expects it "
				  "(/list/id or /job/id)",
				  l->pages.unnamed, s->profile->name);
		else if (l->missing)
			write_missing(l);
		end(l, it, l->pages.unnamed ? OUTCOME_FAILED : OUTCOME_OK);
	}
}

static void
abandon(struct service *s, struct service_item *it, bool interrupted)
{
	(void)interrupted;
	end(list_of(s), it, OUTCOME_NOT_ATTEMPTED);
}

/* Print how much was listed, in place of the summary of a tool that reads lines. */
static void
conclude(struct service *s)
{
	struct list *l = list_of(s);
	const struct filter *f = &l->filter;
	struct buf here = {0}, line = {0};
	if (f->words.n && !(filter_status(f, s->profile) && filter_sends(s->profile, "{status}")))
		buf_str(&here, ", status");
	if (f->batch || f->metadata.n)
		buf_str(&here, ", metadata");
	if (f->until && !filter_sends(s->profile, "{until}"))
		buf_str(&here, ", until");
	buf_fmt(&line, "%zu listed, %zu kept", l->listed, l->kept);
	if (here.n)
		buf_fmt(&line, " (%s: here)", buf_cstr(&here) + 2);
	if (l->more)
		buf_str(&line, ", more");
	msg_line("%s", buf_cstr(&line));
	msg_quiet(true);
	buf_free(&here);
	buf_free(&line);
}

int
main(int argc, char **argv)
{
	static struct list l;
	static const struct service_tool tool = {
		.usage = "[options]",
		.about = "List the jobs at the service, a record each, newest first. No lines are "
			 "read.",
		.options = options,
		.no_input = true,
		.item_size = sizeof(struct service_item),
		.admit = admit,
		.start = start,
		.done = on_page,
		.abandon = abandon,
		.conclude = conclude,
	};
	struct service *s = &l.service;
	service_start(s, &tool, argc, argv);
	if (!s->profile->list.method)
		msg_die(EXIT_BAD_CONFIG,
			"profile %s: /list: missing: this service has no call for it",
			s->profile->name);
	if ((orphans || missing) && !s->options.ledger)
		opt_usage("%s requires a ledger (-l FILE)", orphans ? "--orphans" : "--missing");
	if (orphans && missing)
		opt_usage("expected only one of --orphans and --missing");
	filter_check(&options_filter, s->profile);
	l.filter = options_filter;
	if (!l.filter.until)
		l.filter.until = 0;
	l.orphans = orphans;
	l.missing = missing;
	l.max = max;
	l.pages.pages_max = 1000000;
	l.pages.until = l.filter.until;
	l.pages.status = filter_status(&l.filter, s->profile);
	if (orphans || missing)
		known_read(&l.known, s->options.ledger, s->profile->name);
	s->flow.out.bare = true; /* the records are written here, page by page */
	int status = service_run(s);
	known_free(&l.known);
	seen_free(&l.ids);
	joblist_free(&l.pages);
	buf_free(&l.out);
	strings_free(&l.filter.words);
	strings_free(&l.filter.metadata);
	service_free(s);
	return status;
}
