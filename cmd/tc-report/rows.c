/* The rows of a report, and what all its formats have in common. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "report.h"

enum { CHUNK = 1 << 16 };

const char *
arena_text(struct arena *a, struct span s, bool clean)
{
	if (!s.n)
		return "";
	struct buf *last = a->n ? &a->chunk[a->n - 1] : NULL;
	/* sanitizing does not lengthen; a chunk never moves once text is in it */
	if (!last || last->cap - last->n < s.n + 1) {
		a->chunk = mem_room(a->chunk, a->n, sizeof *a->chunk);
		last = &a->chunk[a->n++];
		*last = (struct buf){0};
		buf_room(last, s.n + 1 > CHUNK ? s.n + 1 : CHUNK);
	}
	size_t from = last->n;
	if (clean)
		msg_sanitize(last, s);
	else
		buf_span(last, s);
	buf_ch(last, '\0');
	return last->p + from;
}

void
arena_free(struct arena *a)
{
	for (size_t i = 0; i < a->n; i++)
		buf_free(&a->chunk[i]);
	free(a->chunk);
	*a = (struct arena){0};
}

struct row *
report_add(struct report *r)
{
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 256;
		r->rows = mem_grow(r->rows, r->cap * sizeof *r->rows);
	}
	struct row *row = &r->rows[r->n++];
	*row = (struct row){.index = "",
			    .source = "",
			    .input = "",
			    .id = "",
			    .url = "",
			    .said = "",
			    .state = "",
			    .code = "",
			    .message = "",
			    .open = "",
			    .currency = "",
			    .took = NAN,
			    .length = NAN,
			    .minutes = NAN,
			    .cost = NAN,
			    .size = NAN,
			    .bytes = NAN,
			    .times = {NAN, NAN, NAN, NAN, NAN, NAN, NAN}};
	return row;
}

void
report_free(struct report *r)
{
	arena_free(&r->arena);
	free(r->rows);
	free(r->pauses);
	*r = (struct report){0};
}

bool
report_shows(const struct report *r, const struct row *row)
{
	return !r->failed_only || row->kind != KIND_OK;
}

const char *
row_word(const struct row *row)
{
	switch (row->kind) {
	case KIND_OK:
		return "ok";
	case KIND_OPEN:
		return row->open;
	case KIND_UNSENT:
		return "NOT SENT";
	default:
		return "FAILED";
	}
}

void
row_why(struct buf *out, const struct row *row)
{
	if (*row->input)
		buf_fmt(out, "%s: ", row->source);
	buf_str(out, row->message);
	if (*row->id && strcmp(row->id, row->input) != 0)
		buf_fmt(out, " (job %s)", row->id);
}

double
report_sum(const struct report *r, size_t offset)
{
	double sum = NAN;
	for (size_t i = 0; i < r->n; i++) {
		double v = *(const double *)(const void *)((const char *)&r->rows[i] + offset);
		if (!isnan(v))
			sum = isnan(sum) ? v : sum + v;
	}
	return sum;
}

static int
by_currency(const void *a, const void *b)
{
	const struct row *const *x = a, *const *y = b;
	return strcmp((*x)->currency, (*y)->currency);
}

void
report_costs(const struct report *r, void (*each)(void *ctx, double cost, const char *currency),
	     void *ctx)
{
	const struct row **with = mem_alloc((r->n + 1) * sizeof *with);
	size_t n = 0;
	for (size_t i = 0; i < r->n; i++)
		if (!isnan(r->rows[i].cost))
			with[n++] = &r->rows[i];
	qsort(with, n, sizeof *with, by_currency);
	for (size_t i = 0, j; i < n; i = j) {
		double sum = 0;
		for (j = i; j < n && by_currency(&with[i], &with[j]) == 0; j++)
			sum += with[j]->cost;
		each(ctx, sum, with[i]->currency);
	}
	free(with);
}

void
each_count(const struct report *r, void (*add)(void *ctx, size_t n, const char *word), void *ctx)
{
	add(ctx, r->count[KIND_FAILED] + r->count[KIND_LATER], "failed");
	if (r->count[KIND_UNSENT])
		add(ctx, r->count[KIND_UNSENT], "not attempted");
	if (r->count[KIND_OPEN])
		add(ctx, r->count[KIND_OPEN], "open");
	if (r->unreadable)
		add(ctx, r->unreadable, "unreadable");
}
