/* JobService/List: filters and pages. */
#include <stdlib.h>
#include <string.h>

#include "api/connect.h"
#include "api/protojson.h"
#include "api/transcodely.h"
#include "api/transcodely_rules.h"
#include "base/date.h"
#include "http/call.h"
#include "serve.h"
#include "store/store.h"
#include "json/json.h"

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
add_status(struct query *q, struct span value)
{
	char *word = json_text(value);
	/* the table outlives the query */
	for (size_t i = 1;
	     word && rules_job_status.words[i] && q->nstatus < sizeof q->status / sizeof *q->status;
	     i++)
		if (strcmp(rules_job_status.words[i], word) == 0)
			q->status[q->nstatus++] = rules_job_status.words[i];
	free(word);
}

/* Read statuses or, if that is empty, status. */
static void
read_statuses(struct span request, struct query *q)
{
	struct span list, key, value;
	json_get(request, "statuses", &list);
	for (struct json_iter it = json_each(list); json_next(&it, &key, &value);)
		add_status(q, value);
	if (!q->nstatus && json_get(request, "status", &value) == 1)
		add_status(q, value);
}

static void
read_time(struct span request, const char *name, int64_t *out)
{
	char *text = connect_text(request, name);
	if (text)
		date_parse(text, out);
	free(text);
}

static bool
read_page(struct call *c, struct span request, struct query *q)
{
	struct span page, v;
	double limit = 0, offset = 0;
	q->limit = 20;
	if (json_get(request, "pagination", &page) != 1)
		return true;
	if (json_get(page, "limit", &v) == 1)
		json_number(v, &limit);
	if (json_get(page, "offset", &v) == 1)
		json_number(v, &offset);
	q->limit = limit >= 1 ? (long)limit : 20;
	q->offset = (long)offset;
	char *cursor = connect_text(page, "cursor"), *end = NULL;
	if (cursor) {
		q->before = strtoll(cursor, &end, 10);
		q->offset = 0; /* that of the first page: its SDKs send it again with each cursor */
	}
	bool ok = !cursor || (!*end && q->before > 0);
	free(cursor);
	if (!ok)
		connect_invalid(c, "pagination.cursor", "is not one that List gave");
	return ok;
}

static void
reply(struct call *c, struct list *l, const struct query *q, long total)
{
	struct buf page = {0}, cursor = {0}, out = {0};
	if (l->n == q->limit)
		buf_fmt(&cursor, "%lld", (long long)l->last);
	json_open(&page);
	json_str(&page, "next_cursor", buf_all(&cursor));
	proto_int64(&page, "total_count", total);
	json_close(&page);
	json_open(&out);
	json_raw(&out, "jobs", buf_all(&l->jobs));
	json_raw(&out, "pagination", buf_all(&page));
	json_close(&out);
	connect_reply(c, buf_all(&out));
	buf_free(&page);
	buf_free(&cursor);
	buf_free(&out);
}

void
transcodely_list(struct call *c, struct span request)
{
	struct query q = {.api = API_TRANSCODELY};
	struct list l = {.call = c};
	if (!read_page(c, request, &q))
		return;
	read_statuses(request, &q);
	read_time(request, "created_after", &q.since);
	read_time(request, "created_before", &q.until);
	json_get(request, "metadata", &q.metadata);
	char *app = connect_text(request, "app_id");
	q.app = app;
	buf_ch(&l.jobs, '[');
	long total = store_list(c->serve->store, &q, add_job, &l);
	buf_ch(&l.jobs, ']');
	reply(c, &l, &q, total);
	buf_free(&l.jobs);
	free(app);
}
