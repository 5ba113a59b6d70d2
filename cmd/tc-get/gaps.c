/* Parts with gaps: ranges that are written side by side, and their members of the note. */
#include <stdlib.h>

#include "part.h"
#include "json/json.h"

/* At most this many bytes come between two notes: the size of a part with gaps tells nothing. */
enum { NOTE_EVERY = 256 << 10, NOTE_BLOCK = 4096 };

/*
 * Move `have` over the ranges that it touches; drop a range that nobody writes
 * and that adds nothing.
 */
static void
merge(struct part *p)
{
	struct part_range *r = p->gaps->ranges;
	for (size_t i = 0; i < PART_RANGES; i++)
		if (r[i].used && r[i].from <= p->have && r[i].at > p->have) {
			p->have = r[i].at;
			i = (size_t)-1; /* which may have reached another */
		}
	for (size_t i = 0; i < PART_RANGES; i++)
		if (r[i].used && !r[i].active && (r[i].at <= p->have || r[i].at == r[i].from))
			r[i].used = false;
}

int64_t
part_bytes(const struct part *p)
{
	int64_t n = p->have;
	for (size_t i = 0; p->gaps && i < PART_RANGES; i++)
		if (p->gaps->ranges[i].used && p->gaps->ranges[i].from >= p->have)
			n += p->gaps->ranges[i].at - p->gaps->ranges[i].from;
	return n;
}

int64_t
part_limit(const struct part *p, int64_t at)
{
	int64_t limit = INT64_MAX;
	for (size_t i = 0; p->gaps && i < PART_RANGES; i++) {
		const struct part_range *r = &p->gaps->ranges[i];
		if (r->used && r->from <= at && r->at == at && r->active)
			return at;
		if (r->used && r->from >= at && (r->from > at || r->active) && r->from < limit)
			limit = r->from;
	}
	return limit;
}

/* Return the range that begins at `from`, or ends there and is not being written, or a new one. */
static struct part_range *
find(struct gaps *g, int64_t from)
{
	struct part_range *empty = NULL;
	for (size_t i = 0; i < PART_RANGES; i++) {
		struct part_range *r = &g->ranges[i];
		if (r->used && !r->active && r->at == from)
			return r;
		if (!r->used && !empty)
			empty = r;
	}
	if (empty)
		*empty = (struct part_range){.from = from, .at = from};
	return empty;
}

int
part_range_begin(struct part *p, int64_t from)
{
	if (!p->gaps)
		p->gaps = mem_zero(sizeof *p->gaps);
	struct part_range *r = find(p->gaps, from);
	if (!r)
		return -1;
	r->used = r->active = true;
	return (int)(r - p->gaps->ranges);
}

int
part_range_write(struct part *p, int range, const char *bytes, size_t n)
{
	struct part_range *r = &p->gaps->ranges[range];
	if (part_write_at(p, &r->at, bytes, n) < 0)
		return -1;
	merge(p);
	return 0;
}

void
part_range_end(struct part *p, int range)
{
	if (!p->gaps)
		return;
	p->gaps->ranges[range].active = false;
	merge(p);
}

void
part_merge(struct part *p)
{
	if (p->gaps)
		merge(p);
}

bool
part_note_due(const struct part *p)
{
	return p->gaps && part_bytes(p) - p->gaps->noted >= NOTE_EVERY;
}

void
gaps_note(struct part *p, struct buf *note)
{
	struct buf ranges = {0};
	buf_ch(&ranges, '[');
	for (size_t i = 0; i < PART_RANGES; i++) {
		const struct part_range *r = &p->gaps->ranges[i];
		if (r->used && r->at > p->have && r->at > r->from)
			buf_fmt(&ranges, "%s%lld,%lld", ranges.n > 1 ? "," : "", (long long)r->from,
				(long long)r->at);
	}
	buf_ch(&ranges, ']');
	json_int(note, "prefix", p->have);
	json_raw(note, "ranges", buf_all(&ranges));
	buf_free(&ranges);
	p->gaps->noted = part_bytes(p);
}

void
gaps_pad(struct buf *note)
{
	while (note->n % NOTE_BLOCK != NOTE_BLOCK - 1)
		buf_ch(note, ' ');
}

/* Return the i-th number of the note's ranges. */
static bool
number_at(struct span note, size_t i, int64_t *n)
{
	struct buf at = {0};
	struct span v;
	double d;
	buf_fmt(&at, "/ranges/%zu", i);
	bool good = json_at(note, buf_cstr(&at), &v) && json_number(v, &d) && d >= 0 && d < 9e15;
	if (good)
		*n = (int64_t)d;
	buf_free(&at);
	return good;
}

void
gaps_take_over(struct part *p, struct span note, int64_t size)
{
	int64_t from, at;
	p->gaps = mem_zero(sizeof *p->gaps);
	for (size_t i = 0;
	     i < PART_RANGES && number_at(note, 2 * i, &from) && number_at(note, 2 * i + 1, &at);
	     i++)
		if (from >= p->have && at > from && at <= size)
			p->gaps->ranges[i] =
				(struct part_range){.from = from, .at = at, .used = true};
	merge(p);
	p->gaps->noted = part_bytes(p);
}
