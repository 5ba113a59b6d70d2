/* The report on a terminal: the columns that have values, and colour if it is on. */
#include <math.h>
#include <string.h>

#include "report.h"
#include "text.h"

enum { INDEX, STATE, LENGTH, MINUTES, COST, TOOK, SIZE, SAVED, ITEM, RESULT, COLUMNS };
enum {
	WIDEST = 40, /* wider text shifts only its own line */
	FOLDED = 4,  /* rows with one reason are folded from this many on */
	GAP = 2,     /* between columns */
	RESULT_LEAST = 8,
};

static const struct {
	const char *name;
	bool right;
} columns[COLUMNS] = {{"#", true},     {"STATE", false}, {"LENGTH", true}, {"MINUTES", true},
		      {"COST", true},  {"TOOK", true},   {"SIZE", true},   {"SAVED", true},
		      {"ITEM", false}, {"RESULT", false}};

static void
paint(struct buf *out, const char *text, const char *code, bool colour)
{
	if (colour && *code && *text)
		buf_fmt(out, "\033[%sm%s\033[0m", code, text);
	else
		buf_str(out, text);
}

static const char *
hue(const struct row *row)
{
	return row->kind == KIND_OK                                 ? "32"
	       : row->kind == KIND_OPEN || row->kind == KIND_UNSENT ? "33"
								    : "31";
}

/* Append the end of a source that is wider than its column. */
static void
add_source(struct buf *out, const char *source)
{
	size_t width = text_width(source);
	if (width > WIDEST) {
		buf_str(out, "…");
		while (width >= WIDEST) {
			source++;
			while ((*source & 0xc0) == 0x80)
				source++;
			width = text_width(source);
		}
	}
	buf_str(out, source);
}

static void
add_result(struct buf *out, const struct row *row)
{
	if (row->kind == KIND_OK || row->kind == KIND_OPEN) {
		buf_str(out, *row->url ? row->url : *row->said ? row->said : row->state);
		return;
	}
	buf_str(out, row->message);
	if (*row->id && strcmp(row->id, row->input) != 0 && strcmp(row->id, row->source) != 0)
		buf_fmt(out, " (job %s)", row->id);
}

/* Write the text of a column to out, which is emptied first. */
static void
cell(struct buf *out, const struct row *row, int column)
{
	out->n = 0;
	switch (column) {
	case INDEX:
		buf_str(out, row->index);
		break;
	case STATE:
		buf_str(out, row_word(row));
		break;
	case LENGTH:
		if (!isnan(row->length))
			text_duration(out, row->length);
		break;
	case MINUTES:
		if (!isnan(row->minutes))
			text_number(out, row->minutes);
		break;
	case COST:
		if (!isnan(row->cost))
			text_money(out, row->cost, row->currency);
		break;
	case TOOK:
		if (!isnan(row->took))
			text_duration(out, row->took);
		break;
	case SIZE:
		if (!isnan(row->bytes) || !isnan(row->size))
			text_bytes(out, isnan(row->bytes) ? row->size : row->bytes);
		break;
	case SAVED:
		if (row->size > 0 && !isnan(row->bytes))
			buf_fmt(out, "%.0f%%", 100 * (1 - row->bytes / row->size));
		break;
	case ITEM:
		add_source(out, row->source);
		break;
	default:
		add_result(out, row);
	}
}

static void
add_padded(struct buf *out, const char *text, size_t width, bool right, const char *code,
	   bool colour)
{
	size_t has = text_width(text), room = has < width ? width - has : 0;
	struct buf padded = {0};
	if (right)
		buf_fmt(&padded, "%*s%s", (int)room, "", text);
	else
		buf_fmt(&padded, "%s%*s", text, (int)room, "");
	paint(out, buf_cstr(&padded), code, colour);
	buf_free(&padded);
}

/* Find the width of each column; 0: it has no values. */
static void
measure(const struct report *r, size_t width[COLUMNS])
{
	struct buf text = {0};
	memset(width, 0, COLUMNS * sizeof *width);
	for (size_t i = 0; i < r->n; i++) {
		if (!report_shows(r, &r->rows[i]))
			continue;
		for (int c = 0; c < COLUMNS; c++) {
			cell(&text, &r->rows[i], c);
			size_t has = text_width(buf_cstr(&text));
			width[c] = has > WIDEST ? WIDEST : has > width[c] ? has : width[c];
		}
	}
	for (int c = 0; c < COLUMNS; c++)
		if (width[c] && width[c] < strlen(columns[c].name))
			width[c] = strlen(columns[c].name);
	buf_free(&text);
}

/*
 * Leave out columns of numbers, the least wanted first, until the rest fits
 * into a terminal this wide (0: not known) with room for the beginning of a result.
 */
static void
narrow(size_t width[COLUMNS], size_t terminal)
{
	static const int dropped[] = {SAVED, LENGTH, TOOK, SIZE, MINUTES, COST};
	size_t all = RESULT_LEAST;
	for (int c = 0; c < RESULT; c++)
		all += width[c] ? width[c] + GAP : 0;
	for (size_t i = 0; terminal && all > terminal && i < sizeof dropped / sizeof *dropped; i++)
		if (width[dropped[i]]) {
			all -= width[dropped[i]] + GAP;
			width[dropped[i]] = 0;
		}
}

static void
add_row(struct buf *out, const struct row *row, const size_t width[COLUMNS], bool colour)
{
	struct buf text = {0};
	const char *gap = "";
	for (int c = 0; c < COLUMNS; c++) {
		if (!width[c])
			continue;
		cell(&text, row, c);
		buf_str(out, gap);
		if (c == RESULT)
			buf_str(out, buf_cstr(&text));
		else
			add_padded(out, buf_cstr(&text), width[c], columns[c].right,
				   c == STATE ? hue(row) : "", colour);
		gap = "  ";
	}
	buf_ch(out, '\n');
	buf_free(&text);
}

static bool
same_reason(const struct row *a, const struct row *b)
{
	return a->kind == b->kind && a->kind != KIND_OK && a->kind != KIND_OPEN &&
	       strcmp(a->message, b->message) == 0;
}

static void
write_rows(const struct report *r, struct buf *out, const size_t width[COLUMNS], bool colour)
{
	for (size_t i = 0, next; i < r->n; i = next) {
		next = i + 1;
		if (!report_shows(r, &r->rows[i]))
			continue;
		add_row(out, &r->rows[i], width, colour);
		while (next < r->n && same_reason(&r->rows[i], &r->rows[next]))
			next++;
		if (r->failed_only || next - i < FOLDED) {
			next = i + 1;
			continue;
		}
		buf_fmt(out, "%*s  ", (int)width[INDEX], "");
		text_count(out, next - i - 1);
		buf_str(out, " more: the same (--failed lists them)\n");
	}
}

static void
write_header(struct buf *out, const size_t width[COLUMNS], bool colour)
{
	struct buf head = {0};
	const char *gap = "";
	for (int c = 0; c < COLUMNS; c++) {
		if (!width[c])
			continue;
		buf_str(&head, gap);
		if (c == RESULT)
			buf_str(&head, columns[c].name);
		else
			add_padded(&head, columns[c].name, width[c], columns[c].right, "", false);
		gap = "  ";
	}
	paint(out, buf_cstr(&head), "2", colour);
	buf_ch(out, '\n');
	buf_free(&head);
}

struct counting {
	struct buf *out;
	bool colour;
	const char *comma;
};

static void
add_count(void *ctx, size_t n, const char *word)
{
	struct counting *c = ctx;
	struct buf text = {0};
	const char *code = strcmp(word, "succeeded") == 0                                    ? "32"
			   : strcmp(word, "open") == 0 || strcmp(word, "not attempted") == 0 ? "33"
											     : "31";
	buf_fmt(&text, "%zu %s", n, word);
	buf_str(c->out, c->comma);
	paint(c->out, buf_cstr(&text), n ? code : "", c->colour);
	c->comma = ", ";
	buf_free(&text);
}

static void
comma(struct counting *c)
{
	buf_str(c->out, c->comma);
	c->comma = ", ";
}

static void
add_cost(void *ctx, double cost, const char *currency)
{
	struct counting *c = ctx;
	comma(c);
	text_money(c->out, cost, currency);
}

static void
write_totals(const struct report *r, struct buf *out)
{
	struct counting c = {out, false, ""};
	double length = report_sum(r, offsetof(struct row, length)),
	       minutes = report_sum(r, offsetof(struct row, minutes));
	double bytes = report_sum(r, offsetof(struct row, bytes));
	if (!isnan(length)) {
		comma(&c);
		text_duration(out, length);
		buf_str(out, " of media");
	}
	if (!isnan(minutes)) {
		comma(&c);
		text_number(out, minutes);
		buf_str(out, " minutes billed");
	}
	report_costs(r, add_cost, &c);
	if (!isnan(bytes)) {
		comma(&c);
		text_bytes(out, bytes);
		buf_str(out, " of output");
	}
	if (*c.comma)
		buf_ch(out, '\n');
}

void
write_terminal(const struct report *r, struct buf *out, bool colour, size_t terminal)
{
	struct counting c = {out, colour, ""};
	size_t width[COLUMNS];
	buf_str(out, "Done: ");
	add_count(&c, r->count[KIND_OK], "succeeded");
	each_count(r, add_count, &c);
	buf_ch(out, '\n');
	write_totals(r, out);
	measure(r, width);
	if (!width[INDEX])
		return; /* no rows */
	narrow(width, terminal);
	write_header(out, width, colour);
	write_rows(r, out, width, colour);
}
