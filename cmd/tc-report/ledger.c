/*
 * A ledger, tc-ledger(5), as rows: one for each item, in the order in which the
 * items were begun. Where tc-pool wrote to it the items are the pool's; else
 * an upload is an item of its own only as long as no job was made from it.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json/json.h"
#include "base/lines.h"
#include "base/msg.h"
#include "base/htab.h"
#include "report.h"
#include "text.h"

enum type { T_NONE, T_INTENT, T_CREATED, T_ENDED, T_DONE, T_PAUSE };
enum by { BY_CREATE, BY_POOL, BY_PUT };

/* What the lines with a job's provider and id say. */
struct ljob {
	struct htab_node node;
	struct ljob *next;
	char *end;        /* the last "ended" line, or NULL */
	char *url;        /* the last "done" line, or NULL */
	double made, ended, done;
};

/* What the lines with an item's key say. */
struct litem {
	struct htab_node node;
	struct litem *next;
	enum by by;
	enum type type;   /* of the last line */
	double gen;
	char *line;       /* the last line */
	char *input;      /* JSON */
	double at, begun, created;
};

struct reading {
	struct report *report;
	struct htab keys, places, inputs;
	struct litem *items, **items_end;
	struct ljob *jobs;
	struct pause *pauses;
	size_t pauses_n;
	double first, last;
	bool pool, create;
};

static char *
member(struct span line, const char *name)
{
	return json_text_of(line, name);
}

static double
time_of(struct span object, const char *name)
{
	char *text = member(object, name);
	double at = text ? text_when(text) : NAN;
	free(text);
	return at;
}

static enum type
type_of(struct span line)
{
	static const char *const names[] = {"", "intent", "created", "ended", "done", "pause"};
	char *t = member(line, "t");
	enum type type = T_NONE;
	for (int i = T_INTENT; t && i <= T_PAUSE; i++)
		if (strcmp(t, names[i]) == 0)
			type = (enum type)i;
	free(t);
	return type;
}

static void
replace(char **to, struct span s)
{
	free(*to);
	*to = mem_dup(s);
}

/* Return the job that a line names, made if it is new; NULL if the line names none. */
static struct ljob *
job_at(struct reading *g, struct span line)
{
	char *provider = member(line, "provider"), *id = member(line, "id");
	struct ljob *job = NULL;
	if (id) {
		struct buf place = {0};
		buf_fmt(&place, "%s\n%s", provider ? provider : "", id);
		job = (struct ljob *)(void *)htab_find(&g->places, buf_cstr(&place), NULL);
		if (!job) {
			job = mem_alloc(sizeof *job);
			*job = (struct ljob){.next = g->jobs, .made = NAN, .ended = NAN, .done = NAN};
			g->jobs = job;
			htab_add(&g->places, &job->node, mem_dup(buf_all(&place)));
		}
		buf_free(&place);
	}
	free(provider);
	free(id);
	return job;
}

static struct litem *
item_at(struct reading *g, char *key)
{
	struct litem *item = (struct litem *)(void *)htab_find(&g->keys, key, NULL);
	if (item) {
		free(key);
		return item;
	}
	item = mem_alloc(sizeof *item);
	*item = (struct litem){.gen = NAN, .at = NAN, .begun = NAN, .created = NAN};
	htab_add(&g->keys, &item->node, key);
	*g->items_end = item;
	g->items_end = &item->next;
	return item;
}

/* Take a line of an item. One that ended badly can be begun again, as another generation. */
static void
on_item(struct reading *g, struct span line, enum type type, char *key)
{
	struct litem *item = item_at(g, key);
	struct span v;
	double gen = 1;
	if (json_get(line, "gen", &v) == 1)
		json_number(v, &gen);
	item->at = time_of(line, "at");
	if (type == T_INTENT && (item->type != T_INTENT || gen < item->gen || gen > item->gen)) {
		item->begun = item->at;
		item->created = NAN;
	} else if (type == T_CREATED) {
		item->created = item->at;
		struct ljob *job = job_at(g, line);
		if (job)
			job->made = item->at;
	}
	char *tool = member(line, "tool");
	item->by = tool && strcmp(tool, "tc-pool") == 0 ? BY_POOL : tool && strcmp(tool, "tc-put") == 0 ? BY_PUT : BY_CREATE;
	g->pool = g->pool || item->by == BY_POOL;
	free(tool);
	item->type = type;
	item->gen = gen;
	replace(&item->line, line);
	if (json_get(line, "input", &v) == 1)
		replace(&item->input, v);
}

static void
on_pause(struct reading *g, struct span line)
{
	double from = time_of(line, "at"), to = time_of(line, "until");
	if (isnan(from) || isnan(to))
		return;
	g->pauses = mem_grow(g->pauses, (g->pauses_n + 1) * sizeof *g->pauses);
	g->pauses[g->pauses_n++] = (struct pause){from, to};
}

static void
on_line(struct reading *g, struct span line)
{
	if (json_check_loose(line, NULL) || json_type(line) != JSON_OBJECT)
		return; /* what a writer that died left, or is writing now */
	enum type type = type_of(line);
	double at = time_of(line, "at");
	char *key = member(line, "key");
	g->first = fmin(g->first, at);
	g->last = fmax(g->last, at);
	if (type == T_PAUSE) {
		on_pause(g, line);
	} else if (key && type != T_NONE) {
		on_item(g, line, type, key);
		key = NULL;
	} else if (type == T_ENDED || type == T_DONE) {
		struct ljob *job = job_at(g, line);
		if (job && type == T_ENDED) {
			job->ended = at;
			replace(&job->end, line);
		} else if (job) {
			job->done = at;
			replace(&job->url, line);
		}
	}
	free(key);
}

/*
 * The service's clock is not ours: its times are moved by what the two differ
 * at the job's creation, if that is more than rounding.
 */
static void
served_times(struct times *t, struct span job, double created)
{
	double at = time_of(job, "created_at"), off = isnan(at) || isnan(created) ? 0 : created - at;
	if (fabs(off) < 2)
		off = 0;
	t->started = time_of(job, "started_at") + off;
	t->finished = time_of(job, "completed_at") + off;
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

/* A pool's item has the times of the job that its command made, and its own: those by how long it took, if it says. */
static void
pool_times(struct reading *g, struct times *t, const struct litem *item, struct span result)
{
	struct span v, value;
	double took = 0;
	if (json_get(result, "seconds", &v) == 1)
		json_number(v, &took);
	if (json_get(result, "value", &value) == 1 && json_type(value) == JSON_OBJECT) {
		struct ljob *job = job_at(g, value);
		if (job && !isnan(job->made))
			job_times(t, job, job->made);
	}
	double until = item->begun + took;
	t->begun = item->begun;
	t->done = fabs(until - item->at) <= 1 ? until : item->at;
}

/* What the service, or tc-wait, said of the job of an item that was created. */
static void
job_row(struct reading *g, struct row *row, struct litem *item)
{
	struct report *r = g->report;
	struct span line = span_of(item->line), last, v;
	struct ljob *job = job_at(g, line);
	struct buf record = {0};
	bool good = false;
	json_open(&record);
	char *state = job && job->end ? member(span_of(job->end), "state") : member(line, "status");
	if (json_get(line, "id", &v) == 1)
		json_raw(&record, "id", v);
	json_raw(&record, "input", span_of(item->input ? item->input : "null"));
	if (job && job->end) {
		last = span_of(job->end);
		good = state && strcmp(state, "succeeded") == 0;
		if (json_get(last, "job", &v) == 1 || json_get(line, "job", &v) == 1)
			json_raw(&record, "job", v);
		if (good && job->url && (json_get(span_of(job->url), "file", &v) == 1 ||
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
		row->state = strcmp(row->state, "pending") == 0 || strcmp(row->state, "queued") == 0 ? "pending" : "running";
	} else if (!good) {
		struct buf why = {0};
		char *status = member(span_of(job->end), "status"), *said = NULL;
		if (json_get(span_of(job->end), "job", &v) == 1)
			said = member(v, "error_message");
		buf_fmt(&why, "%s%s%s", status ? status : "", said && *said ? ": " : "", said ? said : "");
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

/* The row of an item whose last line holds all: an error, or a result. */
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

/* Is this an item of the report? */
static bool
counts(const struct reading *g, const struct litem *item)
{
	if (g->pool)
		return item->by == BY_POOL;
	return item->by != BY_PUT || !item->input || !htab_find(&g->inputs, item->input, NULL);
}

static int
by_begin(const void *a, const void *b)
{
	const struct pause *x = a, *y = b;
	return (x->from > y->from) - (x->from < y->from);
}

/* Join pauses that are less than a thousandth of the ledger's time apart. */
static void
join_pauses(struct reading *g)
{
	double near = (g->last - g->first) / 1000;
	size_t n = 0;
	if (g->pauses_n)
		qsort(g->pauses, g->pauses_n, sizeof *g->pauses, by_begin);
	for (size_t i = 0; i < g->pauses_n; i++) {
		if (n && g->pauses[i].from - g->pauses[n - 1].to <= near)
			g->pauses[n - 1].to = fmax(g->pauses[n - 1].to, g->pauses[i].to);
		else
			g->pauses[n++] = g->pauses[i];
	}
	g->report->pauses = g->pauses;
	g->report->pauses_n = n;
}

static void
add_rows(struct reading *g)
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

static void
free_reading(struct reading *g)
{
	for (struct litem *item = g->items, *next; item; item = next) {
		next = item->next;
		free((char *)(uintptr_t)item->node.name);
		free(item->line);
		free(item->input);
		free(item);
	}
	for (struct ljob *job = g->jobs, *next; job; job = next) {
		next = job->next;
		free((char *)(uintptr_t)job->node.name);
		free(job->end);
		free(job->url);
		free(job);
	}
	htab_free(&g->keys);
	htab_free(&g->places);
}

void
read_ledger(struct report *r, const char *path)
{
	struct reading g = {.report = r, .first = NAN, .last = NAN};
	struct lines in;
	struct span line, v;
	char *none[] = {NULL};
	bool header = false;
	g.items_end = &g.items;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		msg_die(EXIT_IO, "cannot read %s", path);
	lines_init(&in, none, fd);
	for (enum lines_result got; (got = lines_next(&in, &line)) != LINES_END;) {
		if (got == LINES_WAIT && lines_fill(&in) < 0)
			msg_die(EXIT_IO, "cannot read %s: %s", path, strerror(errno));
		if (got != LINES_GOT)
			continue;
		if (!header && (json_check_loose(line, NULL) || json_get(line, "tc_ledger", &v) != 1))
			break;
		header = true;
		on_line(&g, line);
	}
	if (!header)
		msg_die(EXIT_BAD_CONFIG, "%s: not a ledger", path);
	lines_free(&in);
	close(fd);
	r->ledger = path;
	add_rows(&g);
	join_pauses(&g);
	free_reading(&g);
}
