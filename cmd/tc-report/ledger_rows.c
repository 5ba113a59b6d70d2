/*
 * The rows of a ledger: one for each item, in the order in which the items
 * were begun. Where tc-pool wrote to it, the items are the pool's; else an
 * upload is an item of its own only while no job was made from it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.h"
#include "text.h"
#include "json/json.h"

/* Set the service's times, corrected for clock skew of two seconds or more, measured when the job
 * was created. */
static void
served_times(struct times *t, struct span job, double created)
{
	double at = text_when_of(job, "created_at"),
	       off = isnan(at) || isnan(created) ? 0 : created - at;
	if (fabs(off) < 2)
		off = 0;
	t->started = text_when_of(job, "started_at") + off;
	t->finished = text_when_of(job, "completed_at") + off;
}

static void
job_times(struct times *t, const struct ljob *job, double created)
{
	struct span object;
	t->created = created;
	if (!job)
		return;
	t->ended = job->ended;
	t->done = job->done;
	if (job->end && json_get(span_of(job->end), "job", &object) == 1)
		served_times(t, object, created);
}

/* Set the times of a pool's item: its own, and those of the job that its command made. */
static void
pool_times(struct reading *g, struct times *t, const struct litem *item, struct span result)
{
	struct span v, value;
	double took = 0;
	if (json_get(result, "seconds", &v) == 1)
		json_number(v, &took);
	if (json_get(result, "value", &value) == 1 && json_type(value) == JSON_OBJECT) {
		struct ljob *job = ledger_job(g, value);
		if (job && !isnan(job->made))
			job_times(t, job, job->made);
	}
	double until = item->begun + took;
	t->begun = item->begun;
	t->done = fabs(until - item->at) <= 1 ? until : item->at;
}

/* Fill the row of an item whose job was created. */
static void
job_row(struct reading *g, struct row *row, struct litem *item)
{
	struct report *r = g->report;
	struct span line = span_of(item->line), last, v;
	struct ljob *job = ledger_job(g, line);
	struct buf record = {0};
	bool good = false;
	json_open(&record);
	char *state = job && job->end ? json_text_of(span_of(job->end), "state")
				      : json_text_of(line, "status");
	if (json_get(line, "id", &v) == 1)
		json_raw(&record, "id", v);
	json_raw(&record, "input", span_of(item->input ? item->input : "null"));
	if (job && job->end) {
		last = span_of(job->end);
		good = state && strcmp(state, "succeeded") == 0;
		if (json_get(last, "job", &v) == 1 || json_get(line, "job", &v) == 1)
			json_raw(&record, "job", v);
		if (good && job->url &&
		    (json_get(span_of(job->url), "file", &v) == 1 ||
		     json_get(span_of(job->url), "path", &v) == 1 ||
		     json_get(span_of(job->url), "url", &v) == 1))
			json_raw(&record, "url", v);
		json_str(&record, "state", span_of(state ? state : ""));
	}
	json_bool(&record, "ok", good);
	json_close(&record);
	read_record(r, row, buf_all(&record), r->n - 1);
	r->count[row->kind]--;
	if (!job || !job->end) {
		row->kind = KIND_OPEN;
		row->open = "GOING ON";
		row->message = "";
		row->state = arena_text(&r->arena, span_of(state ? state : ""), true);
		row->state = strcmp(row->state, "pending") == 0 || strcmp(row->state, "queued") == 0
				     ? "pending"
				     : "running";
	} else if (!good) {
		struct buf why = {0};
		char *status = json_text_of(span_of(job->end), "status"), *said = NULL;
		if (json_get(span_of(job->end), "job", &v) == 1)
			said = json_text_of(v, "error_message");
		buf_fmt(&why, "%s%s%s", status ? status : "", said && *said ? ": " : "",
			said ? said : "");
		row->message = arena_text(&r->arena, buf_all(&why), true);
		why.n = 0;
		buf_fmt(&why, "job_%s", state ? state : "failed");
		row->code = arena_text(&r->arena, buf_all(&why), true);
		buf_free(&why);
		free(status);
		free(said);
	}
	r->count[row->kind]++;
	row->times = (struct times){item->begun, NAN, NAN, NAN, NAN, NAN, g->last};
	job_times(&row->times, job, item->created);
	buf_free(&record);
	free(state);
}

/* Fill the row of an item whose last line says all: an error, or a result. */
static void
own_row(struct reading *g, struct row *row, struct litem *item)
{
	struct report *r = g->report;
	struct span line = span_of(item->line), v;
	struct buf record = {0};
	struct times times = {item->begun, NAN, NAN, NAN, NAN, NAN, g->last};
	if (item->type == T_DONE && json_get(line, "result", &v) == 1) {
		buf_span(&record, v);
		pool_times(g, &times, item, v);
	} else {
		json_open(&record);
		json_raw(&record, "input", span_of(item->input ? item->input : "null"));
		json_bool(&record, "ok", item->type == T_DONE);
		if (item->type == T_DONE && json_get(line, "url", &v) == 1)
			json_raw(&record, "url", v);
		if (json_get(line, "error", &v) == 1)
			json_raw(&record, "error", v);
		json_close(&record);
		times.ended = item->type == T_ENDED ? item->at : NAN;
		times.done = item->type == T_DONE ? item->at : NAN;
	}
	read_record(r, row, buf_all(&record), r->n - 1);
	if (item->type == T_INTENT) {
		r->count[row->kind]--;
		row->kind = KIND_OPEN;
		row->open = "IN DOUBT";
		row->message = "";
		r->count[row->kind]++;
	}
	row->times = times;
	buf_free(&record);
}

/* Return whether the report has a row for this item. */
static bool
counts(const struct reading *g, const struct litem *item)
{
	if (g->pool)
		return item->by == BY_POOL;
	return item->by != BY_PUT || !item->input || !htab_find(&g->inputs, item->input, NULL);
}

void
ledger_rows(struct reading *g)
{
	struct htab_node *made = mem_alloc((g->keys.n + 1) * sizeof *made);
	size_t n = 0;
	for (struct litem *item = g->items; item; item = item->next)
		if (item->by == BY_CREATE && item->input)
			htab_add(&g->inputs, &made[n++], item->input);
	for (struct litem *item = g->items; item; item = item->next) {
		if (!counts(g, item))
			continue;
		struct buf at = {0};
		buf_fmt(&at, "%zu", g->report->n);
		struct row *row = report_add(g->report);
		if (item->type == T_CREATED)
			job_row(g, row, item);
		else
			own_row(g, row, item);
		row->index = arena_text(&g->report->arena, buf_all(&at), false);
		buf_free(&at);
	}
	htab_free(&g->inputs);
	free(made);
}
