/* Requests files: one file's request, the bytes of the response, and its end. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "fetch.h"
#include "set.h"
#include "tally.h"

/* Bytes that count as progress; for a small file, a 64th of it. */
enum { PROGRESS = 1 << 20 };

static void
debug(const struct file *f, int64_t from)
{
	struct buf b = {0};
	fetch_show(&b, f);
	msg_debug("line %zu: GET %s from byte %lld", f->job->step.item.index + 1, buf_cstr(&b),
		  (long long)from);
	buf_free(&b);
}

static enum stream_body
on_head(void *arg, const struct http_response *r)
{
	struct file *f = arg;
	if (r->status != 200 && r->status != 206)
		return STREAM_HOLD;
	return range_judge(f, r) ? STREAM_TAKE : STREAM_STOP;
}

static bool
on_bytes(void *arg, const char *bytes, size_t n)
{
	struct file *f = arg;
	int64_t have = f->playlist ? (int64_t)f->text.n : f->part.have;
	int64_t room = part_limit(&f->part, have) - have;
	if (f->met || f->again || f->error.code)
		return false;
	if (get_options.max_size && have + (int64_t)n > get_options.max_size) {
		failure_set(&f->error, "rejected", false,
			    "it has more bytes than --max-size allows");
		return false;
	}
	if (f->playlist) {
		bool taken = set_take(f, bytes, n);
		tally_bytes(f, n);
		return taken;
	}
	if (!range_holds(f, have + (int64_t)n))
		return false;
	bool more = (int64_t)n > room;
	f->met = (int64_t)n >= room;
	n = more ? (size_t)room : n;
	if (part_write(&f->part, bytes, n) < 0) {
		range_write_failed(f, errno);
		return false;
	}
	finish_bytes(f, bytes, n);
	tally_bytes(f, n);
	if (part_note_due(&f->part))
		split_note(f);
	finish_hash(f, false);
	flush_start(f, false);
	return !more;
}

/*
 * Reset the count of failures if it has enough bytes more than it ever had: a
 * file that is begun anew each time makes no progress.
 */
static void
note_progress(struct file *f)
{
	int64_t enough = PROGRESS, size = f->part.version.size;
	if (size >= 0 && size / 64 < enough)
		enough = size / 64 + 1;
	if (part_bytes(&f->part) - f->mark >= enough) {
		f->tries = f->restarts = f->throttles = 0;
		f->throttled = 0;
		f->job->resolves = 0;
		f->mark = part_bytes(&f->part);
	}
}

/* Continue after a complete response, which may be the end of the file. */
static void
on_end(struct file *f)
{
	int64_t size = f->part.version.size;
	f->tries = 0;
	if (f->playlist) {
		set_read(f);
		return;
	}
	if (size >= 0 && f->part.have < size) { /* the server sends less than was requested */
		if (f->part.have > f->asked_from && f->part.have) {
			file_move(f, FILE_QUEUED);
			return;
		}
		failure_set(&f->error, "unavailable", true,
			    "the response ended after %lld of %lld byte%s", (long long)f->part.have,
			    (long long)size, size == 1 ? "" : "s");
		f->tries++;
		fetch_again(f, -1);
		return;
	}
	f->part.version.size = f->part.have;
	int64_t expected = f->job->out.sizes[f->n - 1];
	if (expected >= 0 && expected != f->part.have) {
		finish_wrong(f, "it has another size than the service says");
		return;
	}
	if (f->part.gaps)
		split_note(f);
	file_move(f, FILE_CHECKING);
	flush_start(f, true);
	finish_hash(f, true);
}

static void
on_rest(struct file *f, struct failure *lost)
{
	note_progress(f);
	if (f->job->ending || f->error.code) {
		file_fail(f, &f->error);
	} else if (f->again) {
		fetch_restart(f);
	} else if (lost->code && f->part.have < f->part.version.size) {
		failure_copy(&f->error, lost);
		fetch_again(f, -1);
	} else {
		on_end(f);
	}
}

static void
on_done(void *arg, const struct http_response *r)
{
	struct file *f = arg;
	if (r->end == HTTP_ANSWERED && (r->status == 200 || r->status == 206) && !f->begun &&
	    range_judge(f, r))
		f->begun = true; /* it has no bytes */
	bool good = (r->end == HTTP_ANSWERED || f->met) && !f->error.code && !f->again;
	msg_debug("line %zu: %d %s (%lld ms)", f->job->step.item.index + 1, r->status,
		  r->end == HTTP_ANSWERED ? "" : r->why,
		  (long long)((r->ended - r->began) / MILLISECOND));
	if (split_rest(f, r, good))
		return;
	note_progress(f);
	bool whole = r->status == 416 && r->end == HTTP_ANSWERED && !f->job->ending &&
		     range_is_whole(f, r);
	if (f->skipped && !f->job->ending)
		finish_skipped(f);
	else if (whole)
		on_end(f);
	else if (f->job->ending || f->error.code)
		file_fail(f, &f->error);
	else if (f->again)
		fetch_restart(f);
	else if (good && (r->status == 200 || r->status == 206))
		on_end(f);
	else if (r->end == HTTP_ANSWERED)
		fetch_refused(f, r);
	else
		fetch_lost(f, r);
}

/* Set the header lines that name the requested bytes, and their version. */
static void
ask_for(struct file *f)
{
	const struct version *v = &f->part.version;
	size_t n = 0;
	bool have_some = !f->playlist && part_bytes(&f->part) > 0;
	int64_t limit = part_limit(&f->part, f->part.have);
	f->range.n = f->if_range.n = 0;
	f->asked_from = f->playlist        ? -1
			: f->skip_size > 0 ? f->skip_size
			: have_some        ? f->part.have
					   : -1;
	if (f->asked_from > 0 || have_some) {
		buf_fmt(&f->range, "Range: bytes=%lld-", (long long)f->asked_from);
		if (limit < INT64_MAX)
			buf_fmt(&f->range, "%lld", (long long)limit - 1);
		f->headers[n++] = buf_cstr(&f->range);
		if (f->skip_size < 0 && v->etag && strncmp(v->etag, "W/", 2) != 0)
			buf_fmt(&f->if_range, "If-Range: %s", v->etag);
		else if (f->skip_size < 0 && v->modified)
			buf_fmt(&f->if_range, "If-Range: %s", v->modified);
		if (f->if_range.n)
			f->headers[n++] = buf_cstr(&f->if_range);
		else if (f->skip_size < 0)
			msg_debug("line %zu: %s: goes on by its size alone: nothing tells its "
				  "versions apart",
				  f->job->step.item.index + 1, f->path);
	}
	f->headers[n] = NULL;
}

static void
send(struct file *f)
{
	struct get *g = f->get;
	f->begun = f->again = f->met = f->can_split = false;
	split_anew(f);
	f->rest = on_rest;
	f->url_age = f->job->answers;
	f->began = clock_now();
	if (!fetch_drop_unknown(f, &f->error)) {
		file_fail(f, &f->error);
		return;
	}
	ask_for(f);
	f->stream = (struct http_stream){.arg = f,
					 .head = on_head,
					 .take = on_bytes,
					 .done = on_done,
					 .headers = f->headers,
					 .stall = get_options.stall,
					 .follow = true};
	const char *url = fetch_url(f);
	if (object_is(url))
		url = object_prepare(g, url, &f->stream, &f->object, f->headers);
	struct http_request q = {
		.method = "GET", .url = url, .anonymous = true, .stream = &f->stream};
	debug(f, f->asked_from > 0 ? f->asked_from : 0);
	file_move(f, FILE_MOVING);
	http_send(g->service.http, &q, f);
}

void
fetch_start(struct file *f)
{
	if (f->named_by)
		set_url(f);
	if (queue_is_stale(f->job)) {
		file_move(f, FILE_ASKING);
		queue_ask(f->job);
	} else if (fetch_prepare(f)) {
		send(f);
	}
}

void
fetch_tend(struct get *g)
{
	int64_t now = clock_now();
	for (struct file *f = g->moving.first; f; f = f->next) {
		struct part_id id = file_id(f);
		if (f->begun && !f->part.noted && f->part.have && now - f->began >= NOTE_AFTER &&
		    part_note(&f->part, &id) < 0)
			local_failure(f, errno, "write", &f->error);
	}
}
