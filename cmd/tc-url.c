/*
 * tc-url: prints the URLs of each ended job's outputs. Signed URLs expire, so
 * they are resolved as late as possible. gs:// and s3:// addresses are printed
 * as they are.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/msg.h"
#include "service/question.h"
#include "service/resolve.h"

enum {
	EXPIRES_SOON = 60
}; /* seconds: a URL of an earlier run that expires within them is resolved again */

struct job {
	struct service_item step; /* first: callbacks get its address */
	struct record line;
	char *id;
	struct buf first, all; /* JSON: the first URL, and the array of all */
	struct outputs out;
	size_t checked;   /* outputs that --check is done with */
	bool succeeded;   /* a record says so */
	bool from_ledger; /* an earlier run resolved them */
};

static bool check;
static int64_t timeout = -1;

static const struct opt options[] = {
	{OPT_FLAG, 0, "check", NULL,
	 "request the first byte of each http(s) URL to see that it is there", &check, 0, 0, 0},
	{OPT_DURATION, 0, "timeout", "DUR",
	 "how long to wait for outputs that are not ready (default: the profile's)", &timeout, 0, 0,
	 0},
	{0},
};

static struct job *
job_of(struct service_item *it)
{
	return (struct job *)(void *)it;
}

/* Write the URLs to the ledger, so that a later run need not resolve them. */
static void
note_urls(struct service *s, const struct job *j, struct span expires)
{
	struct buf b = {0};
	json_str(&b, "provider", span_of(s->profile->name));
	json_str(&b, "id", span_of(j->id));
	json_raw(&b, "url", buf_all(&j->first));
	json_raw(&b, "urls", buf_all(&j->all));
	if (expires.n)
		json_str(&b, "expires", expires);
	ledger_write(s->ledger, LEDGER_DONE, NULL, 0, buf_all(&b));
	buf_free(&b);
}

/* Write to the ledger that the outputs of a job that succeeded are gone, for tc-create
 * --again=expired. */
static void
note_gone(struct service *s, const struct job *j)
{
	struct buf b = {0};
	json_str(&b, "provider", span_of(s->profile->name));
	json_str(&b, "id", span_of(j->id));
	json_bool(&b, "gone", true);
	ledger_write(s->ledger, LEDGER_DONE, NULL, 0, buf_all(&b));
	buf_free(&b);
}

/* Return whether the failure says that the outputs existed and are gone: a job that is made anew is
 * paid for again, so this has to be said as often as there are tries. */
static bool
is_gone(const struct service *s, const struct job *j, const struct failure *e)
{
	bool file = j->checked < j->out.n;
	return strcmp(e->code, "rejected") == 0 && j->step.odd >= (unsigned)s->options.retries &&
	       (e->http == 404 || e->http == 410 || (file && e->http == 403)) &&
	       (file || j->succeeded);
}

static void
finish(struct service *s, struct job *j, const struct failure *e)
{
	struct buf expires = {0};
	struct members m = {0};
	if (j->all.n && j->out.expires != NEVER)
		date_rfc3339(&expires, j->out.expires);
	if (!e && s->ledger && j->out.n && !j->from_ledger)
		note_urls(s, j, buf_all(&expires));
	if (e && s->ledger && is_gone(s, j, e))
		note_gone(s, j);
	if (j->line.kind != RECORD_RECORD) /* a record has its id already */
		members_str(&m, "id", span_of(j->id));
	members_raw(&m, "url", (struct span){j->first.p, j->first.n});
	members_raw(&m, "urls", (struct span){j->all.p, j->all.n});
	if (expires.n)
		members_str(&m, "expires", buf_all(&expires));
	if (e)
		service_report_error(s, &j->step.item, j->id, e);
	item_finish(&s->flow, &j->step.item, &j->line, m.set, m.n, e);
	members_free(&m);
	buf_free(&expires);
}

/* End the item: its job has not ended. */
static void
finish_too_early(struct service *s, struct job *j, const char *word)
{
	struct failure e = {0};
	resolve_too_early(&e, word);
	finish(s, j, &e);
	failure_free(&e);
}

/* Schedule the check of the next http(s) URL. Return false after the last one. */
static bool
check_next(struct service *s, struct job *j)
{
	while (j->checked < j->out.n && strncasecmp(j->out.urls[j->checked], "http", 4) != 0)
		j->checked++;
	if (j->checked == j->out.n)
		return false;
	flow_schedule(&s->flow, &j->step.item, 0);
	return true;
}

/*
 * Use the URLs that an earlier run resolved. Return false if it resolved none,
 * or they expire soon.
 */
static bool
use_known_urls(struct service *s, struct job *j)
{
	struct ledger_found known;
	struct buf key = {0};
	struct span url, urls, v;
	ledger_job_key(&key, s->profile->name, j->id);
	bool found = ledger_find(s->ledger, LEDGER_JOB_URLS, buf_all(&key), &known) &&
		     json_get(known.line, "url", &url) == 1 &&
		     json_get(known.line, "urls", &urls) == 1;
	buf_free(&key);
	int64_t end = found ? ledger_expires(known.line) : 0;
	if (!found || end < clock_wall() + EXPIRES_SOON * SECOND)
		return false;
	buf_span(&j->first, url);
	buf_span(&j->all, urls);
	for (struct json_iter it = json_each(urls); json_next(&it, &v, &url);) {
		char *text = json_text(url);
		if (text)
			outputs_add(&j->out, text);
	}
	j->out.expires = end;
	j->from_ledger = true;
	if (!check || !check_next(s, j)) {
		flow_replayed(&j->step.item);
		finish(s, j, NULL);
	}
	return true;
}

static void
admit(struct service *s, struct service_item *it)
{
	struct job *j = job_of(it);
	struct record *r = &j->line;
	if (!item_read_job(&s->flow, &it->item, r, s->profile->name, false, &j->id))
		return;
	char *state = r->kind == RECORD_RECORD ? record_text(r, "state") : NULL;
	j->step.made = r->kind == RECORD_RECORD;
	j->succeeded = state && strcmp(state, "succeeded") == 0;
	if (r->kind == RECORD_BAD)
		item_reject(&s->flow, &it->item, r);
	/* a record with an error was given up: its job may have ended since */
	else if (state && !r->error.n &&
		 (strcmp(state, "pending") == 0 || strcmp(state, "running") == 0))
		finish_too_early(s, j, state);
	else if (!s->ledger || !use_known_urls(s, j))
		flow_schedule(&s->flow, &it->item, 0);
	free(state);
}

static void
start(struct service *s, struct service_item *it)
{
	struct job *j = job_of(it);
	if (j->checked < j->out.n)
		service_call(s, it, &(struct call_request){.url = j->out.urls[j->checked]});
	else
		resolve_send(s, it, j->id);
}

static void
write_urls(struct job *j)
{
	buf_ch(&j->all, '[');
	for (size_t i = 0; i < j->out.n; i++) {
		if (i)
			buf_ch(&j->all, ',');
		/* decoded and quoted again: a signed URL that came with \u0026 is then usable as
		 * text */
		json_quote(&j->all, span_of(j->out.urls[i]));
	}
	buf_ch(&j->all, ']');
	json_quote(&j->first, span_of(j->out.urls[0]));
}

/* Drop the ledger's URLs and ask the service. */
static void
resolve_again(struct service *s, struct job *j)
{
	outputs_free(&j->out);
	j->first.n = j->all.n = j->checked = 0;
	j->from_ledger = false;
	flow_schedule(&s->flow, &j->step.item, 0);
}

static void
on_resolved(struct service *s, struct job *j, const struct call_result *r)
{
	struct failure e = {0};
	enum resolved end = resolve_read(s, &j->step, r, &j->out, &e);
	if (end == RESOLVE_FAILED) {
		if (!resolve_is_odd(&e, j->succeeded) || !question_again(s, &j->step, &e))
			finish(s, j, &e);
	} else if (end == RESOLVE_FOUND) {
		question_answered(&j->step);
		write_urls(j);
		if (!check || !check_next(s, j))
			finish(s, j, NULL);
	}
	failure_free(&e);
}

/* A file is not there. Its host may be one of many, and lag behind. */
static void
on_missing(struct service *s, struct job *j, struct failure *e)
{
	if (j->from_ledger && !e->temporary)
		resolve_again(s, j); /* the URL may have been revoked before it expired */
	else if (strcmp(e->code, "rejected") != 0 || !question_again(s, &j->step, e))
		finish(s, j, e);
}

static void
on_result(struct service *s, struct service_item *it, const struct call_result *r)
{
	struct job *j = job_of(it);
	if (r->kind != CALL_OK && j->out.n) {
		on_missing(s, j, r->error);
	} else if (r->kind != CALL_OK) {
		finish(s, j, r->error);
	} else if (!j->out.n) {
		on_resolved(s, j, r);
	} else {
		question_answered(it);
		j->checked++;
		if (!check_next(s, j))
			finish(s, j, NULL);
	}
}

static void
abandon(struct service *s, struct service_item *it, bool interrupted)
{
	struct failure e = {0};
	service_not_started(s, it, interrupted, "its outputs were not asked for", &e);
	finish(s, job_of(it), &e);
	failure_free(&e);
}

static void
release(struct service_item *it)
{
	struct job *j = job_of(it);
	record_free(&j->line);
	free(j->id);
	outputs_free(&j->out);
	buf_free(&j->first);
	buf_free(&j->all);
}

int
main(int argc, char **argv)
{
	static struct service s;
	static const struct service_tool tool = {
		.usage = "[options] [job-id ...]",
		.about = "Print the URLs of the outputs of each line's ended job: a record, or a "
			 "bare job id.",
		.options = options,
		.item_size = sizeof(struct job),
		.admit = admit,
		.start = start,
		.done = on_result,
		.abandon = abandon,
		.release = release,
	};
	service_start(&s, &tool, argc, argv);
	if (timeout >= 0)
		s.output_wait = timeout;
	if (!s.profile->url_from_get && !s.profile->url.method)
		msg_die(EXIT_BAD_CONFIG,
			"profile %s: /url: missing: this service has no call for it",
			s.profile->name);
	service_ledger(&s, NULL, NULL);
	int status = service_run(&s);
	service_free(&s);
	return status;
}
