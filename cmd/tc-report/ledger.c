/* Reads a ledger, tc-ledger(5): what its lines say about items and jobs. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/lines.h"
#include "base/msg.h"
#include "ledger.h"
#include "text.h"
#include "json/json.h"
#include "json/source.h"

static enum type
type_of(struct span line)
{
	static const char *const names[] = {"", "intent", "created", "ended", "done", "pause"};
	char *t = json_text_of(line, "t");
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
	item->at = text_when_of(line, "at");
	if (type == T_INTENT && (item->type != T_INTENT || gen < item->gen || gen > item->gen)) {
		item->begun = item->at;
		item->created = NAN;
	} else if (type == T_CREATED) {
		item->created = item->at;
		struct ljob *job = ledger_job(g, line);
		if (job)
			job->made = item->at;
	}
	char *tool = json_text_of(line, "tool");
	item->by = tool && strcmp(tool, "tc-pool") == 0  ? BY_POOL
		   : tool && strcmp(tool, "tc-put") == 0 ? BY_PUT
							 : BY_CREATE;
	g->pool = g->pool || item->by == BY_POOL;
	free(tool);
	item->type = type;
	item->gen = gen;
	replace(&item->line, line);
	if (json_get(line, "input", &v) == 1)
		replace(&item->input, json_input(v));
}

static void
on_pause(struct reading *g, struct span line)
{
	double from = text_when_of(line, "at"), to = text_when_of(line, "until");
	if (isnan(from) || isnan(to))
		return;
	g->pauses = mem_room(g->pauses, g->pauses_n, sizeof *g->pauses);
	g->pauses[g->pauses_n++] = (struct pause){from, to};
}

static void
on_line(struct reading *g, struct span line)
{
	if (json_check_loose(line, NULL) || json_type(line) != JSON_OBJECT)
		return; /* what a writer that died left, or is writing now */
	enum type type = type_of(line);
	double at = text_when_of(line, "at");
	char *key = json_text_of(line, "key");
	g->first = fmin(g->first, at);
	g->last = fmax(g->last, at);
	if (type == T_PAUSE) {
		on_pause(g, line);
	} else if (key && type != T_NONE) {
		on_item(g, line, type, key);
		key = NULL;
	} else if (type == T_ENDED || type == T_DONE) {
		struct ljob *job = ledger_job(g, line);
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
		msg_die(EXIT_IO, "cannot read %s: %s", path, strerror(errno));
	lines_init(&in, none, fd);
	for (enum lines_result got; (got = lines_next(&in, &line)) != LINES_END;) {
		if (got == LINES_WAIT && lines_fill(&in) < 0)
			msg_die(EXIT_IO, "cannot read %s: %s", path, strerror(errno));
		if (got != LINES_GOT)
			continue;
		if (!header &&
		    (json_check_loose(line, NULL) || json_get(line, "tc_ledger", &v) != 1))
			break;
		header = true;
		on_line(&g, line);
	}
	if (!header)
		msg_die(EXIT_BAD_CONFIG, "%s: not a ledger", path);
	lines_free(&in);
	close(fd);
	r->ledger = path;
	ledger_rows(&g);
	join_pauses(&g);
	free_reading(&g);
}
