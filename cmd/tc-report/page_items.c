/* The tables of the page: what failed, by reason, and all items. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"
#include "text.h"

enum { FOLD_ROWS = 500 };

/* Link a URL, shown without its query, which is often a signature. */
static void
address(struct buf *out, const char *url)
{
	size_t n = strcspn(url, "?");
	bool web = strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
	if (!web || strchr(url, ' ')) {
		text_html(out, url);
		return;
	}
	struct span shown = {url, n};
	char *text = mem_dup(shown);
	buf_str(out, "<a rel=\"noreferrer\" href=\"");
	text_html(out, url);
	buf_str(out, "\">");
	text_html(out, text);
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
			text_html(out, *row->said ? row->said : row->state);
		return;
	}
	buf_str(out, "<b>");
	text_html(out, row->message);
	buf_str(out, "</b>");
	if (*row->code && strcmp(row->code, row->message) != 0) {
		buf_str(out, " <code>");
		text_html(out, row->code);
		buf_str(out, "</code>");
	}
	if (row->kind != KIND_FAILED)
		buf_str(out, " <small>worth another try</small>");
}

/* Columns that are left out where no row has the value. */
enum { LENGTH, MINUTES, COST, TOOK, SIZE, FACTS };
static const char *const fact_names[FACTS] = {"length", "minutes", "cost", "took", "size"};

static void
fact_text(struct buf *out, const struct row *row, int column)
{
	const double v[FACTS] = {row->length, row->minutes, row->cost, row->took,
				 isnan(row->bytes) ? row->size : row->bytes};
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
	text_html(out, row->source);
	if (strcmp(row->id, row->source) != 0 && strcmp(row->id, row->input) != 0) {
		buf_str(out, "<small>");
		text_html(out, row->id);
		buf_str(out, "</small>");
	}
}

static void
table_row(struct buf *out, const struct row *row, const bool has[FACTS])
{
	struct buf text = {0};
	buf_fmt(out, "<tr class=\"%s\"><td class=\"n\">", page_class(row));
	text_html(out, row->index);
	buf_fmt(out, "</td><td><span class=\"word\">%s</span></td><td class=\"item\">",
		row_word(row));
	item_cell(out, row);
	buf_str(out, "</td>");
	for (int c = 0; c < FACTS; c++) {
		if (!has[c])
			continue;
		text.n = 0;
		fact_text(&text, row, c);
		buf_fmt(out, "<td class=\"n fact\" data-name=\"%s\">", fact_names[c]);
		text_html(out, buf_cstr(&text));
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
	buf_str(out, "<div class=\"wide\"><table><thead><tr><th "
		     "class=\"n\">#</th><th>state</th><th>item</th>");
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

void
page_items(const struct report *r, struct buf *out)
{
	const struct row **rows = mem_alloc((r->n + 1) * sizeof *rows);
	bool has[FACTS];
	size_t n = 0;
	for (size_t i = 0; i < r->n; i++)
		if (report_shows(r, &r->rows[i]))
			rows[n++] = &r->rows[i];
	find_facts(rows, n, has);
	if (n)
		buf_fmt(out, "<section><h2>%s</h2>",
			r->failed_only ? "All that is not ok" : "All items");
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
		buf_fmt(out, "</tbody></table></div>%s</section>\n",
			n > FOLD_ROWS ? "</details>" : "");
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

/* List the rest of a group: the items alone, since the first one shows the reason. */
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
		text_html(out, g->rows[i]->index);
		buf_ch(out, ' ');
		item_cell(out, g->rows[i]);
		buf_str(out, "</li>\n");
	}
	buf_str(out, "</ul></details></td></tr>\n");
}

void
page_failures(const struct report *r, struct buf *out)
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
