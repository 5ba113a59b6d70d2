/* The report for programs: RFC 4180 for spreadsheets, tabs, and JSON. */
#include <math.h>
#include <string.h>

#include "report.h"
#include "text.h"
#include "json/json.h"

/* The separator of cells, and how a cell is written. */
struct form {
	char between;
	const char *end;
	void (*cell)(struct buf *out, const char *text);
};

/* Write a cell by RFC 4180. Text that a spreadsheet would take for a formula is escaped. */
static void
quoted(struct buf *out, const char *text)
{
	buf_str(out, *text && strchr("=+@-", *text) ? "\"'" : "\"");
	for (; *text; text++) {
		if (*text == '"')
			buf_ch(out, '"');
		buf_ch(out, *text);
	}
	buf_ch(out, '"');
}

/* Sanitized text has no tab and no line end. */
static void
bare(struct buf *out, const char *text)
{
	buf_str(out, text);
}

static void
add_number(struct buf *out, const struct form *f, double v)
{
	buf_ch(out, f->between);
	if (!isnan(v))
		text_exact(out, v);
}

static void
add_cell(struct buf *out, const struct form *f, const char *text)
{
	buf_ch(out, f->between);
	f->cell(out, text);
}

static void
add_row(struct buf *out, const struct form *f, const struct row *row, bool sizes)
{
	double d;
	if (json_check(span_of(row->index), NULL) || !json_number(span_of(row->index), &d))
		f->cell(out, row->index);
	else
		buf_str(out, row->index);
	buf_ch(out, f->between);
	buf_str(out, row->kind == KIND_OK ? "true" : "false");
	const char *const text[] = {row->state, row->id,
				    row->input, row->url,
				    row->code,  row->kind == KIND_OPEN ? row->open : row->message};
	for (size_t i = 0; i < sizeof text / sizeof *text; i++)
		add_cell(out, f, text[i]);
	add_number(out, f, isnan(row->length) ? row->took : row->length);
	add_number(out, f, row->minutes);
	add_number(out, f, row->cost);
	add_cell(out, f, row->currency);
	if (sizes) {
		add_number(out, f, row->size);
		add_number(out, f, row->bytes);
	}
	buf_str(out, f->end);
}

static void
write_table(const struct report *r, struct buf *out, const struct form *f)
{
	static const char *const names[] = {"index", "ok",       "state",   "id",      "input",
					    "url",   "code",     "message", "seconds", "minutes",
					    "cost",  "currency", "size",    "bytes"};
	bool sizes = !isnan(report_sum(r, offsetof(struct row, size))) ||
		     !isnan(report_sum(r, offsetof(struct row, bytes)));
	for (size_t i = 0; i < sizeof names / sizeof *names - (sizes ? 0 : 2); i++) {
		if (i)
			buf_ch(out, f->between);
		buf_str(out, names[i]);
	}
	buf_str(out, f->end);
	for (size_t i = 0; i < r->n; i++)
		if (report_shows(r, &r->rows[i]))
			add_row(out, f, &r->rows[i], sizes);
}

void
write_csv(const struct report *r, struct buf *out)
{
	static const struct form csv = {',', "\r\n", quoted};
	write_table(r, out, &csv);
}

void
write_tsv(const struct report *r, struct buf *out)
{
	static const struct form tsv = {'\t', "\n", bare};
	write_table(r, out, &tsv);
}

static void
put_text(struct buf *out, const char *name, const char *text)
{
	if (*text)
		json_str(out, name, span_of(text));
}

static void
put_number(struct buf *out, const char *name, double v)
{
	struct buf text = {0};
	if (isnan(v))
		return;
	text_exact(&text, v);
	json_raw(out, name, buf_all(&text));
	buf_free(&text);
}

static void
put_row(struct buf *out, const struct row *row)
{
	static const char *const outcome[KIND_N] = {"ok", "failed", "temporary", "not_attempted",
						    "open"};
	double d;
	json_open(out);
	if (json_check(span_of(row->index), NULL) == NULL && json_number(span_of(row->index), &d))
		json_raw(out, "index", span_of(row->index));
	else
		put_text(out, "index", row->index);
	json_bool(out, "ok", row->kind == KIND_OK);
	json_str(out, "outcome", span_of(outcome[row->kind]));
	put_text(out, "source", row->source);
	put_text(out, "id", row->id);
	put_text(out, "state", row->state);
	put_text(out, "url", row->url);
	put_text(out, "code", row->code);
	put_text(out, "message", row->kind == KIND_OPEN ? row->open : row->message);
	put_number(out, "length", row->length);
	put_number(out, "took", row->took);
	put_number(out, "minutes", row->minutes);
	put_number(out, "cost", row->cost);
	put_text(out, "currency", row->currency);
	put_number(out, "size", row->size);
	put_number(out, "bytes", row->bytes);
	json_close(out);
}

void
write_json(const struct report *r, struct buf *out)
{
	static const char *const names[KIND_N] = {"succeeded", "failed", "temporary",
						  "not_attempted", "open"};
	const char *comma = "";
	json_open(out);
	for (int i = 0; i < KIND_N; i++)
		json_int(out, names[i], (long long)r->count[i]);
	json_int(out, "unreadable", (long long)r->unreadable);
	put_number(out, "minutes", report_sum(r, offsetof(struct row, minutes)));
	put_number(out, "length", report_sum(r, offsetof(struct row, length)));
	buf_str(out, ",\"items\":[");
	for (size_t i = 0; i < r->n; i++)
		if (report_shows(r, &r->rows[i])) {
			buf_fmt(out, "%s\n", comma);
			put_row(out, &r->rows[i]);
			comma = ",";
		}
	buf_str(out, "]");
	json_close(out);
	buf_ch(out, '\n');
}
