/*
 * The report as one page that needs nothing beside it. All text from outside
 * is escaped, and only web addresses become links. Long lists are folded: a
 * browser lays out what it shows.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "page.h"
#include "text.h"

enum { FOLD_ROWS = 500 };

static void
html(struct buf *out, const char *text)
{
	text_html(out, text);
}

static void
many(struct buf *out, size_t n, const char *one, const char *more)
{
	text_count(out, n);
	buf_fmt(out, " %s", n == 1 ? one : more);
}

static void
tile(struct buf *out, const char *class, const char *big, const char *small)
{
	buf_fmt(out, "<div class=\"tile %s\"><b>", class);
	html(out, big);
	buf_str(out, "</b><span>");
	html(out, small);
	buf_str(out, "</span></div>\n");
}

static void
count_tile(struct buf *out, const char *class, size_t n, const char *small)
{
	struct buf text = {0};
	text_count(&text, n);
	tile(out, class, buf_cstr(&text), small);
	buf_free(&text);
}

static void
fact(struct buf *out, double v, void (*write)(struct buf *, double), const char *small)
{
	struct buf text = {0};
	if (isnan(v))
		return;
	write(&text, v);
	tile(out, "fact", buf_cstr(&text), small);
	buf_free(&text);
}

static void
cost_tile(void *out, double cost, const char *currency)
{
	struct buf text = {0};
	text_money(&text, cost, currency);
	tile(out, "fact", buf_cstr(&text), "cost");
	buf_free(&text);
}

void
page_span(const struct report *r, double *from, double *to)
{
	*from = *to = NAN;
	for (size_t i = 0; i < r->n; i++) {
		const struct times *t = &r->rows[i].times;
		const double at[] = {t->begun, t->created, t->ended, t->done};
		for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
			*from = fmin(*from, at[k]);
			*to = fmax(*to, at[k]);
		}
	}
}

static double
paused(const struct report *r, double to)
{
	double sum = NAN;
	for (size_t i = 0; i < r->pauses_n; i++) {
		double length = fmin(r->pauses[i].to, to) - r->pauses[i].from;
		if (length > 0)
			sum = isnan(sum) ? length : sum + length;
	}
	return sum;
}

static void
write_tiles(const struct report *r, struct buf *out)
{
	size_t failed = r->count[KIND_FAILED] + r->count[KIND_LATER];
	double from, to;
	page_span(r, &from, &to);
	count_tile(out, "ok", r->count[KIND_OK], "succeeded");
	count_tile(out, failed ? "failed" : "none", failed, "failed");
	if (r->count[KIND_UNSENT])
		count_tile(out, "open", r->count[KIND_UNSENT], "not attempted");
	if (r->count[KIND_OPEN])
		count_tile(out, "open", r->count[KIND_OPEN], "open");
	if (r->unreadable)
		count_tile(out, "failed", r->unreadable, r->unreadable == 1 ? "line unreadable" : "lines unreadable");
	fact(out, to - from, text_duration, "first to last");
	fact(out, paused(r, to), text_duration, "paused, after \"too many\"");
	fact(out, report_sum(r, offsetof(struct row, length)), text_duration, "of media");
	fact(out, report_sum(r, offsetof(struct row, minutes)), text_number, "minutes billed");
	report_costs(r, cost_tile, out);
	fact(out, report_sum(r, offsetof(struct row, size)), text_bytes, "of sources");
	fact(out, report_sum(r, offsetof(struct row, bytes)), text_bytes, "of output");
}

/* What to make of it, in a sentence or two. */
static void
write_verdict(const struct report *r, struct buf *out)
{
	size_t ok = r->count[KIND_OK], failed = r->count[KIND_FAILED], open = r->count[KIND_OPEN];
	size_t again = r->count[KIND_LATER] + r->count[KIND_UNSENT];
	if (!r->n && !r->unreadable) {
		buf_str(out, "There were no items.");
		return;
	}
	if (ok == r->n && !r->unreadable) {
		buf_str(out, "All ");
		many(out, r->n, "item", "items");
		buf_str(out, " succeeded.");
		return;
	}
	text_count(out, ok);
	buf_str(out, " of ");
	many(out, r->n, "item", "items");
	buf_str(out, " succeeded.");
	if (failed) {
		buf_ch(out, ' ');
		text_count(out, failed);
		buf_fmt(out, " failed for good: running the batch again will not help %s.", failed == 1 ? "it" : "them");
	}
	if (again) {
		buf_ch(out, ' ');
		text_count(out, again);
		buf_str(out, " failed temporarily or had no turn: run the same command again.");
	}
	if (open) {
		buf_ch(out, ' ');
		text_count(out, open);
		buf_str(out, " had not ended when this was written.");
	}
	if (r->unreadable) {
		buf_ch(out, ' ');
		many(out, r->unreadable, "line", "lines");
		buf_str(out, " could not be read.");
	}
}

static void
write_share(const struct report *r, struct buf *out)
{
	const struct {
		const char *class;
		size_t n;
	} part[] = {{"ok", r->count[KIND_OK]}, {"failed", r->count[KIND_FAILED] + r->count[KIND_LATER]},
		    {"open", r->count[KIND_OPEN] + r->count[KIND_UNSENT]}};
	if (!r->n)
		return;
	buf_str(out, "<div class=\"share\">");
	for (size_t i = 0; i < sizeof part / sizeof *part; i++)
		if (part[i].n)
			buf_fmt(out, "<i class=\"%s\" style=\"flex:%zu\"></i>", part[i].class, part[i].n);
	buf_str(out, "</div>");
}

/* An address without its query, which is a signature more often than not. */
static void
address(struct buf *out, const char *url)
{
	size_t n = strcspn(url, "?");
	bool web = strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
	if (!web || strchr(url, ' ')) {
		html(out, url);
		return;
	}
	struct span shown = {url, n};
	char *text = mem_dup(shown);
	buf_str(out, "<a rel=\"noreferrer\" href=\"");
	html(out, url);
	buf_str(out, "\">");
	html(out, text);
	buf_fmt(out, "%s</a>", url[n] ? "?…" : "");
	free(text);
}

static void
result(struct buf *out, const struct row *row)
{
	if (row->kind == KIND_OK || row->kind == KIND_OPEN) {
		if (*row->url)
			address(out, row->url);
		else
			html(out, *row->said ? row->said : row->state);
		return;
	}
	buf_str(out, "<b>");
	html(out, row->message);
	buf_str(out, "</b>");
	if (*row->code && strcmp(row->code, row->message) != 0) {
		buf_str(out, " <code>");
		html(out, row->code);
		buf_str(out, "</code>");
	}
	if (row->kind != KIND_FAILED)
		buf_str(out, " <small>worth another try</small>");
}

/* The columns that not every batch has. */
enum { LENGTH, MINUTES, COST, TOOK, SIZE, FACTS };
static const char *const fact_names[FACTS] = {"length", "minutes", "cost", "took", "size"};

static void
fact_text(struct buf *out, const struct row *row, int column)
{
	const double v[FACTS] = {row->length, row->minutes, row->cost, row->took, isnan(row->bytes) ? row->size : row->bytes};
	if (isnan(v[column]))
		return;
	if (column == MINUTES)
		text_number(out, v[column]);
	else if (column == COST)
		text_money(out, v[column], row->currency);
	else if (column == SIZE)
		text_bytes(out, v[column]);
	else
		text_duration(out, v[column]);
}

const char *
page_class(const struct row *row)
{
	static const char *const names[KIND_N] = {"ok", "failed", "later", "unsent", "open"};
	return names[row->kind];
}

static void
item_cell(struct buf *out, const struct row *row)
{
	html(out, row->source);
	if (strcmp(row->id, row->source) != 0 && strcmp(row->id, row->input) != 0) {
		buf_str(out, "<small>");
		html(out, row->id);
		buf_str(out, "</small>");
	}
}

static void
table_row(struct buf *out, const struct row *row, const bool has[FACTS])
{
	struct buf text = {0};
	buf_fmt(out, "<tr class=\"%s\"><td class=\"n\">", page_class(row));
	html(out, row->index);
	buf_fmt(out, "</td><td><span class=\"word\">%s</span></td><td class=\"item\">", row_word(row));
	item_cell(out, row);
	buf_str(out, "</td>");
	for (int c = 0; c < FACTS; c++) {
		if (!has[c])
			continue;
		text.n = 0;
		fact_text(&text, row, c);
		buf_fmt(out, "<td class=\"n fact\" data-name=\"%s\">", fact_names[c]);
		html(out, buf_cstr(&text));
		buf_str(out, "</td>");
	}
	buf_str(out, "<td class=\"told\">");
	result(out, row);
	buf_str(out, "</td></tr>\n");
	buf_free(&text);
}

static void
table_head(struct buf *out, const bool has[FACTS])
{
	buf_str(out, "<div class=\"wide\"><table><thead><tr><th class=\"n\">#</th><th>state</th><th>item</th>");
	for (int c = 0; c < FACTS; c++)
		if (has[c])
			buf_fmt(out, "<th class=\"n\">%s</th>", fact_names[c]);
	buf_str(out, "<th>result</th></tr></thead><tbody>\n");
}

static void
find_facts(const struct row *const *rows, size_t n, bool has[FACTS])
{
	struct buf text = {0};
	for (int c = 0; c < FACTS; c++) {
		has[c] = false;
		for (size_t i = 0; i < n && !has[c]; i++) {
			text.n = 0;
			fact_text(&text, rows[i], c);
			has[c] = text.n > 0;
		}
	}
	buf_free(&text);
}

bool
page_fold(struct buf *out, size_t i, size_t n)
{
	if (i == 0 || i % FOLD_ROWS)
		return false;
	if (i > FOLD_ROWS)
		buf_str(out, "</details>\n");
	buf_str(out, "<details><summary>");
	text_count(out, i + 1);
	buf_str(out, " to ");
	text_count(out, i + FOLD_ROWS < n ? i + FOLD_ROWS : n);
	buf_str(out, " of ");
	text_count(out, n);
	buf_str(out, "</summary>\n");
	return true;
}

static void
write_items(const struct report *r, struct buf *out)
{
	const struct row **rows = mem_alloc((r->n + 1) * sizeof *rows);
	bool has[FACTS];
	size_t n = 0;
	for (size_t i = 0; i < r->n; i++)
		if (report_shows(r, &r->rows[i]))
			rows[n++] = &r->rows[i];
	find_facts(rows, n, has);
	if (n)
		buf_fmt(out, "<section><h2>%s</h2>", r->failed_only ? "All that is not ok" : "All items");
	for (size_t i = 0; i < n; i++) {
		if (i % FOLD_ROWS == 0) {
			if (i)
				buf_str(out, "</tbody></table></div>\n");
			page_fold(out, i, n);
			table_head(out, has);
		}
		table_row(out, rows[i], has);
	}
	if (n)
		buf_fmt(out, "</tbody></table></div>%s</section>\n", n > FOLD_ROWS ? "</details>" : "");
	free(rows);
}

static int
by_reason(const void *a, const void *b)
{
	const struct row *const *x = a, *const *y = b;
	int order = strcmp((*x)->message, (*y)->message);
	return order ? order : (*x > *y) - (*x < *y);
}

struct group {
	const struct row **rows;
	size_t n;
};

static int
by_first(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	return (x->rows[0] > y->rows[0]) - (x->rows[0] < y->rows[0]);
}

/* The rest of a group: items alone, for their reason stands above. */
static void
write_more(struct buf *out, const struct group *g, size_t columns)
{
	if (g->n == 1)
		return;
	buf_fmt(out, "<tr class=\"more\"><td colspan=\"%zu\"><details><summary>", columns);
	text_count(out, g->n - 1);
	buf_str(out, " more: the same</summary><ul>");
	for (size_t i = 1; i < g->n; i++) {
		buf_str(out, "<li>#");
		html(out, g->rows[i]->index);
		buf_ch(out, ' ');
		item_cell(out, g->rows[i]);
		buf_str(out, "</li>\n");
	}
	buf_str(out, "</ul></details></td></tr>\n");
}

/* What failed, and why: items with one reason stand together. */
static void
write_failures(const struct report *r, struct buf *out)
{
	const struct row **rows = mem_alloc((r->n + 1) * sizeof *rows);
	struct group *groups = mem_alloc((r->n + 1) * sizeof *groups);
	size_t n = 0, groups_n = 0, columns = 4;
	bool has[FACTS];
	for (size_t i = 0; i < r->n; i++)
		if (r->rows[i].kind != KIND_OK && r->rows[i].kind != KIND_OPEN)
			rows[n++] = &r->rows[i];
	find_facts(rows, n, has);
	for (int c = 0; c < FACTS; c++)
		columns += has[c];
	qsort(rows, n, sizeof *rows, by_reason);
	for (size_t i = 0; i < n; i++) {
		if (i && strcmp(rows[i]->message, rows[i - 1]->message) == 0)
			groups[groups_n - 1].n++;
		else
			groups[groups_n++] = (struct group){&rows[i], 1};
	}
	qsort(groups, groups_n, sizeof *groups, by_first);
	if (n) {
		buf_str(out, "<section><h2>What failed</h2>");
		table_head(out, has);
	}
	for (size_t i = 0; i < groups_n; i++) {
		table_row(out, groups[i].rows[0], has);
		write_more(out, &groups[i], columns);
	}
	if (n)
		buf_str(out, "</tbody></table></div></section>\n");
	free(groups);
	free(rows);
}

void
page_time(struct buf *out, const char *format, double at)
{
	time_t t = (time_t)floor(at);
	struct tm tm;
	char text[64];
	if (gmtime_r(&t, &tm) && strftime(text, sizeof text, format, &tm))
		buf_str(out, text);
}

static void
write_subtitle(const struct report *r, struct buf *out)
{
	struct buf day[2] = {{0}, {0}};
	double from, to;
	page_span(r, &from, &to);
	if (!r->ledger) {
		buf_str(out, "from records, which have no times: a ledger has a timeline too");
		return;
	}
	struct arena a = {0};
	buf_str(out, "from ledger <b>");
	html(out, arena_text(&a, span_of(r->ledger), true));
	buf_str(out, "</b>");
	if (!isnan(from)) {
		page_time(&day[0], "%Y-%m-%d", from);
		page_time(&day[1], "%Y-%m-%d", to);
		buf_fmt(out, ": %s ", buf_cstr(&day[0]));
		page_time(out, "%H:%M:%S", from);
		buf_str(out, " to ");
		if (strcmp(buf_cstr(&day[0]), buf_cstr(&day[1])) != 0)
			buf_fmt(out, "%s ", buf_cstr(&day[1]));
		page_time(out, "%H:%M:%S", to);
		buf_str(out, " UTC");
	}
	arena_free(&a);
	buf_free(&day[0]);
	buf_free(&day[1]);
}

void
write_page(const struct report *r, struct buf *out)
{
	buf_str(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		     "<meta name=\"color-scheme\" content=\"light dark\">\n"
		     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
	buf_fmt(out, "<title>Batch: %zu succeeded, %zu failed</title>\n", r->count[KIND_OK],
		r->count[KIND_FAILED] + r->count[KIND_LATER]);
	buf_str(out, "<style>");
	for (const char *const *line = report_style; *line; line++)
		buf_str(out, *line);
	buf_str(out, "</style></head><body><main>\n<header><h1>Batch report</h1><p>");
	write_subtitle(r, out);
	buf_str(out, "</p></header>\n<section><p class=\"verdict\">");
	write_verdict(r, out);
	buf_str(out, "</p><div class=\"tiles\">\n");
	write_tiles(r, out);
	buf_str(out, "</div>");
	write_share(r, out);
	buf_str(out, "</section>\n");
	write_failures(r, out);
	write_timeline(r, out);
	write_items(r, out);
	buf_str(out, "<footer>Times are UTC. Written by tc-report.</footer>\n</main></body></html>\n");
}
