#include "transcodely.h"

#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "clock.h"
#include "connect.h"
#include "encode.h"
#include "json.h"
#include "notify.h"
#include "serve.h"
#include "sign.h"
#include "store.h"
#include "date.h"

/* The job that the body names; false (answered) if there is none. */
static bool
find(struct call *c, struct span body, struct job *j)
{
	char *id = connect_text(body, "id");
	bool found = id && store_get(c->serve->store, API_TRANSCODELY, id, j);
	if (!id)
		connect_invalid(c, "id", "is required");
	else if (!found)
		connect_error(c, 404, "not_found", "JOB_NOT_FOUND", "job %s not found", id);
	free(id);
	return found;
}

static void
get(struct call *c, struct span body)
{
	struct job j;
	if (find(c, body, &j)) {
		transcodely_reply(c, &j, true);
		job_free(&j);
	}
}

static void
put_and_reply(struct call *c, const struct job *j)
{
	if (store_put(c->serve->store, j))
		transcodely_reply(c, j, false);
	else
		connect_error(c, 500, "internal", "internal_error", "the job could not be written");
}

static void
cancel(struct call *c, struct span body)
{
	struct job j;
	if (!find(c, body, &j))
		return;
	if (job_ended(j.status)) {
		connect_error(c, 400, "failed_precondition", "job_not_cancelable", "job %s is %s already", j.id, j.status);
	} else {
		job_cancel(&j, clock_wall());
		put_and_reply(c, &j);
		if (c->status == 200)
			notify_ended(c->serve, &j);
		encode_cancel(c->serve->encoder, j.id);
	}
	job_free(&j);
}

static void
confirm(struct call *c, struct span body)
{
	struct job j;
	if (!find(c, body, &j))
		return;
	if (strcmp(j.status, "awaiting_confirmation") != 0) {
		connect_error(c, 400, "failed_precondition", "job_not_awaiting_confirmation",
			"job %s is %s, not awaiting_confirmation", j.id, j.status);
	} else {
		for (size_t i = 0; i < j.nout; i++)
			job_text(&j.out[i].status, "pending");
		job_text(&j.status, "pending");
		j.updated = clock_wall();
		put_and_reply(c, &j);
		serve_wake(c->serve);
	}
	job_free(&j);
}

struct list {
	const struct call *call;
	struct buf jobs;
	int64_t last;
	long n;
};

static void
add_job(void *ctx, const struct job *j)
{
	struct list *l = ctx;
	if (l->n++)
		buf_ch(&l->jobs, ',');
	transcodely_job(l->call, &l->jobs, j, false);
	l->last = j->seq;
}

static void
list_statuses(struct span body, struct query *q)
{
	static const char *const known[] = {"pending", "probing", "awaiting_confirmation", "processing", "completed",
		"failed", "canceled", "partial", NULL};
	struct span list, key, value;
	if (connect_get(body, "statuses", &list) != 1)
		return;
	for (struct json_iter it = json_each(list); json_next(&it, &key, &value) && q->nstatus < 8;) {
		const char *word = connect_enum(value, "JOB_STATUS_", known);
		if (word)
			q->status[q->nstatus++] = word;
	}
}

static bool
list_time(struct call *c, struct span body, const char *name, int64_t *out)
{
	char *text = connect_text(body, name);
	bool ok = !text || date_parse(text, out);
	free(text);
	if (!ok)
		connect_invalid(c, name, "must be an RFC 3339 timestamp");
	return ok;
}

static bool
list_page(struct call *c, struct span body, struct query *q)
{
	struct span page, v;
	double limit = 20;
	q->limit = 20;
	if (connect_get(body, "pagination", &page) != 1)
		return true;
	if (connect_get(page, "limit", &v) == 1 && (!json_number(v, &limit) || limit < 0 || limit > 100)) {
		connect_invalid(c, "pagination.limit", "must be a number from 1 to 100");
		return false;
	}
	q->limit = limit >= 1 ? (long)limit : 20;
	char *cursor = connect_text(page, "cursor"), *end = NULL;
	if (cursor)
		q->before = strtoll(cursor, &end, 10);
	bool ok = !cursor || (!*end && q->before > 0);
	free(cursor);
	if (!ok)
		connect_invalid(c, "pagination.cursor", "is not one that List gave");
	return ok;
}

/* Member names and values must be strings, or there is nothing to match. */
static bool
list_metadata(struct call *c, struct span body, struct query *q)
{
	struct span key, value;
	size_t n = 0;
	if (connect_get(body, "metadata", &q->metadata) != 1) {
		q->metadata = (struct span){0};
		return true;
	}
	for (struct json_iter it = json_each(q->metadata); json_next(&it, &key, &value); n++)
		if (json_type(value) != JSON_STRING || n >= 20) {
			connect_invalid(c, "metadata", "must be at most 20 strings by name");
			return false;
		}
	return true;
}

static void
list(struct call *c, struct span body)
{
	struct query q = {.api = API_TRANSCODELY};
	if (!list_page(c, body, &q) || !list_time(c, body, "created_after", &q.since)
		|| !list_time(c, body, "created_before", &q.until) || !list_metadata(c, body, &q))
		return;
	list_statuses(body, &q);
	struct list l = {.call = c};
	struct buf page = {0}, cursor = {0}, *out = call_json(c, 200);
	buf_ch(&l.jobs, '[');
	long total = store_list(c->serve->store, &q, add_job, &l);
	buf_ch(&l.jobs, ']');
	if (l.n == q.limit)
		buf_fmt(&cursor, "%lld", (long long)l.last);
	json_open(&page);
	json_str(&page, "next_cursor", buf_all(&cursor));
	json_int(&page, "total_count", total);
	json_close(&page);
	json_open(out);
	json_raw(out, "jobs", buf_all(&l.jobs));
	json_raw(out, "pagination", buf_all(&page));
	json_close(out);
	connect_done(c);
	buf_free(&l.jobs);
	buf_free(&page);
	buf_free(&cursor);
}

void
transcodely_call(struct call *c)
{
	static const struct {
		const char *name;
		void (*run)(struct call *c, struct span body);
	} methods[] = {{"Create", transcodely_create}, {"Get", get}, {"List", list}, {"Cancel", cancel},
		{"Confirm", confirm}};
	static const char service[] = "/transcodely.v1.JobService/";
	struct span body;
	const char *why;
	struct buf id = {0};
	random_hex(&id, 10);
	call_set(c, "X-Request-Id", "req_%s", buf_cstr(&id));
	buf_free(&id);
	if (strcmp(c->method, "POST") != 0) {
		connect_error(c, 405, "unimplemented", "method_not_allowed", "only POST");
		return;
	}
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		if (strncmp(c->path, service, sizeof service - 1) != 0
			|| strcmp(c->path + sizeof service - 1, methods[i].name) != 0)
			continue;
		if (call_object(c, &body, &why))
			methods[i].run(c, body);
		else
			connect_invalid(c, "body", "%s", why);
		return;
	}
	connect_error(c, 404, "unimplemented", "unimplemented", "there is no %s here", c->path);
}
