/*
 * --split: a large file over several connections. Its first request goes on as
 * without; once its answer has said how large the file is, and by which strong
 * ETag it is known, pieces of the rest are asked for beside it, while there are
 * connections that nobody waits for. A piece that fails stays where it is: what
 * is missing is asked for again by the file's next request, whose failures
 * count. When none of a file's requests is left, f->rest() goes on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "fetch.h"
#include "get.h"
#include "tally.h"

/* No piece is smaller. */
enum { PIECE_MIN = 1 << 20 };

/* A request for bytes after a gap. */
struct piece {
	struct file *f;
	int range;            /* of the part's; -1: not begun */
	int64_t from, at, to; /* where it was asked to begin, has come to, and ends */
	bool moving;
	struct http_stream stream;
	struct buf range_line, if_range, address;
	const char *headers[5];
};

struct split {
	struct piece pieces[PART_RANGES];
	size_t n, moving;
	bool planned,
		rested; /* the pieces are known; the file's own request has ended before them */
	bool refused;   /* the server does not keep to ranges */
	struct failure lost; /* why its own request has failed */
};

bool
split_is_full(const struct get *g)
{
	return g->moving.n - g->resting + g->pieces >= (size_t)g->service.jobs;
}

static enum stream_body
on_head(void *arg, const struct http_response *r)
{
	struct piece *p = arg;
	if (p->f->again || p->f->error.code)
		return STREAM_STOP;
	switch (range_judge_piece(p->f, r, p->from)) {
	case PIECE_FITS:
		return STREAM_TAKE;
	case PIECE_IGNORED:
		p->f->split->refused = true;
		return STREAM_STOP;
	case PIECE_FAILED:
		return STREAM_HOLD;
	case PIECE_CHANGED:
		break;
	}
	return STREAM_STOP;
}

void
split_note(struct file *f)
{
	struct part_id id = file_id(f);
	if (part_note(&f->part, &id) < 0)
		local_failure(f, errno, "write", &f->error);
}

static bool
on_bytes(void *arg, const char *bytes, size_t n)
{
	struct piece *p = arg;
	struct file *f = p->f;
	bool last = (int64_t)n > p->to - p->at;
	if (f->again || f->error.code)
		return false;
	n = last ? (size_t)(p->to - p->at) : n;
	if (part_range_write(&f->part, p->range, bytes, n) < 0) {
		range_write_failed(f, errno);
		return false;
	}
	p->at += (int64_t)n;
	tally_bytes(f, n);
	if (part_note_due(&f->part))
		split_note(f);
	finish_hash(f, false);
	flush_start(f, false);
	return !last;
}

static void
on_done(void *arg, const struct http_response *r)
{
	struct piece *p = arg;
	struct file *f = p->f;
	struct split *s = f->split;
	msg_debug("line %zu: %s: %d %s, bytes %lld to %lld of a piece", f->job->step.item.index + 1,
		  f->path, r->status, r->end == HTTP_ANSWERED ? "" : r->why, (long long)p->from,
		  (long long)p->at);
	part_range_end(&f->part, p->range);
	p->moving = false;
	s->moving--;
	f->get->pieces--;
	if (s->moving || !s->rested)
		return;
	struct failure lost = s->lost; /* the file may go with its job */
	s->lost = (struct failure){0};
	s->rested = false;
	f->get->resting--;
	f->rest(f, &lost);
	failure_free(&lost);
}

static void
send(struct piece *p)
{
	struct file *f = p->f;
	struct get *g = f->get;
	const char *url = fetch_url(f);
	p->range_line.n = p->if_range.n = 0;
	buf_fmt(&p->range_line, "Range: bytes=%lld-%lld", (long long)p->from, (long long)p->to - 1);
	buf_fmt(&p->if_range, "If-Range: %s", f->part.version.etag);
	p->headers[0] = buf_cstr(&p->range_line);
	p->headers[1] = buf_cstr(&p->if_range);
	p->headers[2] = NULL;
	p->stream = (struct http_stream){.arg = p,
					 .head = on_head,
					 .take = on_bytes,
					 .done = on_done,
					 .headers = p->headers,
					 .stall = get_options.stall,
					 .follow = true};
	if (object_is(url))
		url = object_prepare(g, url, &p->stream, &p->address, p->headers);
	struct http_request q = {
		.method = "GET", .url = url, .anonymous = true, .stream = &p->stream};
	p->at = p->from;
	p->moving = true;
	f->split->moving++;
	g->pieces++;
	http_send(g->service.http, &q, p);
}

/* One more piece: it begins at `from`, and ends before the next one does. */
static void
add(struct split *s, struct file *f, int64_t from, int64_t to)
{
	struct piece *p = &s->pieces[s->n];
	if (from >= to || s->n == PART_RANGES)
		return;
	p->f = f;
	p->range = -1;
	p->from = from;
	p->to = to;
	s->n++;
}

/* Plan the pieces of a part that has gaps already: one after each range. */
static void
plan_gaps(struct split *s, struct file *f)
{
	for (size_t i = 0; i < PART_RANGES && s->n + 1 < (size_t)get_options.split; i++) {
		const struct part_range *r = &f->part.gaps->ranges[i];
		int64_t to = r->used ? part_limit(&f->part, r->at) : 0, size = f->part.version.size;
		if (r->used)
			add(s, f, r->at, to < size ? to : size);
	}
}

/* All that is missing, in pieces of one length: the first is what is being fetched already. */
static void
plan_rest(struct split *s, struct file *f)
{
	int64_t size = f->part.version.size, missing = size - f->part.have,
		n = missing / PIECE_MIN < get_options.split ? missing / PIECE_MIN
							    : get_options.split;
	for (int64_t i = 1; i < n; i++)
		add(s, f, f->part.have + missing / n * i,
		    i + 1 < n ? f->part.have + missing / n * (i + 1) : size);
}

static bool
has_ranges(const struct part *p)
{
	for (size_t i = 0; p->gaps && i < PART_RANGES; i++)
		if (p->gaps->ranges[i].used)
			return true;
	return false;
}

/* Its pieces are known, if it is to have some. */
static bool
plan(struct file *f)
{
	if (get_options.split < 2 || !f->begun || !f->can_split || f->met)
		return false;
	if (!f->split)
		f->split = mem_zero(sizeof *f->split);
	struct split *s = f->split;
	if (s->planned || s->refused || s->rested)
		return s->planned && !s->refused && !s->rested;
	s->planned = true;
	s->n = 0;
	if (has_ranges(&f->part))
		plan_gaps(s, f);
	else
		plan_rest(s, f);
	return true;
}

/* Begins a piece that the file's own request has not come to. */
static void
begin(struct piece *p)
{
	struct part *part = &p->f->part;
	if (p->range >= 0 || p->from <= part->have)
		return;
	p->range = part_range_begin(part, p->from);
	if (p->range < 0)
		return;
	split_note(
		p->f); /* before the first byte after a gap: from then on the size tells nothing */
	if (!p->f->error.code)
		send(p);
	else
		part_range_end(part, p->range);
}

void
split_stop(struct file *f)
{
	for (size_t i = 0; f->split && i < f->split->n; i++)
		if (f->split->pieces[i].moving)
			http_cancel(f->get->service.http, &f->split->pieces[i]);
}

void
split_tend(struct get *g)
{
	for (struct file *f = g->moving.first; f; f = f->next) {
		if (f->split && f->split->moving && (f->again || f->error.code || f->job->ending)) {
			split_stop(f);
			http_cancel(g->service.http, f);
		} else if (!f->again && !f->error.code && !f->job->ending && plan(f)) {
			for (size_t i = 0; i < f->split->n && !split_is_full(g); i++)
				begin(&f->split->pieces[i]);
		}
	}
}

bool
split_is_open(const struct file *f)
{
	return get_options.split > 1 && !(f->split && (f->split->planned || f->split->refused));
}

void
split_anew(struct file *f)
{
	if (f->split)
		f->split->planned = false;
}

bool
split_rest(struct file *f, const struct http_response *r, bool good)
{
	struct split *s = f->split;
	if (!s || !s->moving)
		return false;
	s->rested = true;
	f->get->resting++;
	if (!good && !f->error.code && !f->again) {
		failure_set(&s->lost, "unavailable", true, "%s",
			    r->end == HTTP_ANSWERED ? "it was refused in the middle" : r->why);
		s->lost.http = r->status == 200 || r->status == 206 ? 0 : r->status;
	}
	return true;
}

void
split_free(struct file *f)
{
	for (size_t i = 0; f->split && i < PART_RANGES; i++) {
		struct piece *p = &f->split->pieces[i];
		buf_free(&p->range_line), buf_free(&p->if_range), buf_free(&p->address);
	}
	if (f->split)
		failure_free(&f->split->lost);
	free(f->split);
}
