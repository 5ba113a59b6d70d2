/* The report as plain text. Scripts read it: its first line and the lines of items stay as they
 * are. */
#include "report.h"

static void
add_count(void *ctx, size_t n, const char *word)
{
	buf_fmt(ctx, ", %zu %s", n, word);
}

/* Append the location of an item's output, or else its state. */
static void
add_where(struct buf *out, const struct row *row)
{
	if (*row->url)
		buf_fmt(out, " -> %s", row->url);
	else if (*row->said)
		buf_fmt(out, " -> %s", row->said);
	else if (*row->state)
		buf_fmt(out, " (%s)", row->state);
}

void
write_plain(const struct report *r, struct buf *out)
{
	buf_fmt(out, "Done: %zu succeeded", r->count[KIND_OK]);
	each_count(r, add_count, out);
	buf_ch(out, '\n');
	for (size_t i = 0; i < r->n; i++) {
		const struct row *row = &r->rows[i];
		if (!report_shows(r, row))
			continue;
		buf_fmt(out, " #%s %s ", row->index,
			row->kind == KIND_UNSENT ? "FAILED" : row_word(row));
		if (row->kind == KIND_OK || row->kind == KIND_OPEN) {
			buf_str(out, row->id);
			add_where(out, row);
		} else {
			row_why(out, row);
		}
		buf_ch(out, '\n');
	}
}
