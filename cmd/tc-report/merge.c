/*
 * --merge: the records of several runs, each a shard of one input, as one run
 * would have written them, and which lines of that input have none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "report.h"

enum { SHOWN_MAX = 20 };

struct place {
	unsigned long long index;
	const struct row *row;
	size_t order; /* in which it was read */
};

static int
by_index(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Choose between two records of one line: the one that is ok, else the one that was read last. */
static const struct row *
better(const struct row *a, const struct row *b)
{
	return a->kind == KIND_OK && b->kind != KIND_OK ? a : b;
}

/* Report that the lines from `from` up to `to` (excluded) have no record. */
struct gaps {
	struct buf list;
	size_t n;
	unsigned long long missing;
};

static void
add_gap(struct gaps *g, unsigned long long from, unsigned long long to)
{
	if (from >= to)
		return;
	g->missing += to - from;
	if (g->n++ == SHOWN_MAX)
		buf_str(&g->list, " ...");
	if (g->n > SHOWN_MAX)
		return;
	buf_fmt(&g->list, "%s%llu", g->n > 1 ? ", " : "", from);
	if (to - from > 1)
		buf_fmt(&g->list, "-%llu", to - 1);
}

static bool
read_index(const char *text, unsigned long long *index)
{
	char *end;
	errno = 0;
	*index = *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

/* Append the records in order, and note which are missing. */
static void
write_in_order(struct report *r, const struct place *at, size_t n, unsigned long long lines,
	       struct gaps *gaps, struct buf *out)
{
	unsigned long long next = 0;
	size_t twice = 0;
	for (size_t i = 0; i < n; i++) {
		const struct row *row = at[i].row;
		size_t first = i;
		while (i + 1 < n && at[i + 1].index == at[first].index) {
			const struct row *other = at[++i].row, *best = better(row, other);
			r->count[best == row ? other->kind : row->kind]--;
			row = best;
		}
		twice += i > first;
		add_gap(gaps, next, at[first].index);
		next = at[first].index + 1;
		buf_str(out, row->line);
		buf_ch(out, '\n');
	}
	add_gap(gaps, next, lines);
	if (twice)
		msg_warn("%zu line%s more than one record: one that is ok was taken, else the "
			 "last",
			 twice, twice == 1 ? " has" : "s have");
	if (lines && next > lines)
		msg_warn("there is a record of line %llu, but --merge=%llu gives fewer lines", next,
			 lines);
}

bool
write_merged(struct report *r, unsigned long long lines, struct buf *out)
{
	struct place *at = mem_alloc((r->n + 1) * sizeof *at);
	struct gaps gaps = {0};
	size_t n = 0, nowhere = 0;
	for (size_t i = 0; i < r->n; i++) {
		at[n] = (struct place){.row = &r->rows[i], .order = i};
		if (r->rows[i].has_index && read_index(r->rows[i].index, &at[n].index))
			n++;
		else
			nowhere++;
	}
	qsort(at, n, sizeof *at, by_index);
	write_in_order(r, at, n, lines, &gaps, out);
	if (nowhere)
		msg_error("%zu record%s no index: left out", nowhere,
			  nowhere == 1 ? " has" : "s have");
	if (gaps.missing)
		msg_error("%llu record%s missing, with index %s", gaps.missing,
			  gaps.missing == 1 ? " is" : "s are", buf_cstr(&gaps.list));
	free(at);
	buf_free(&gaps.list);
	return !nowhere && !gaps.missing;
}
