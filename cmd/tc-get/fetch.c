/* One file: its request, the bytes of the response, and its end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "fetch.h"
#include "flow/retry.h"
#include "service/body_text.h"
#include "set.h"
#include "tally.h"

enum {
	RESTARTS_MAX = 4,   /* begun anew in a row */
	RESOLVES_MAX = 3,   /* new URLs in a row without progress */
	MISSING_TRIES = 2,  /* for a file that a playlist names: it may be on its way to where it is
			       handed out */
	PROGRESS = 1 << 20, /* bytes that count as progress; of a small file a 64th */
};

const char *
fetch_url(const struct file *f)
{
	return f->named_by ? f->url.p : f->job->out.urls[f->n - 1];
}

/* What messages say is fetched: of a set its host and path here, for all of the address may be
 * signed. */
static void
add_what(struct buf *b, const struct file *f)
{
	struct span origin = http_origin(fetch_url(f));
	if (f->set)
		buf_fmt(b, "%.*s: %s", (int)origin.n, origin.p, f->path);
	else
		buf_add(b, fetch_url(f), name_url_length(fetch_url(f)));
}

static void
debug(const struct file *f, int64_t from)
{
	struct buf b = {0};
	add_what(&b, f);
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
	bool more = (int64_t)n > room;
	f->met = (int64_t)n >= room;
	n = more ? (size_t)room : n;
	if (part_write(&f->part, bytes, n) < 0) {
		local_failure(f, errno, "write", &f->error);
		return false;
	}
	finish_bytes(f, bytes, n);
	tally_bytes(f, n);
	if (part_note_due(&f->part))
		split_note(f);
	finish_hash(f, false);
	return !more;
}

/* What was moved since the last time counts as progress: failures in a row are forgotten. */
static void
note_progress(struct file *f)
{
	int64_t enough = PROGRESS, size = f->part.version.size;
	if (size >= 0 && size / 64 < enough)
		enough = size / 64 + 1;
	if (part_bytes(&f->part) - f->mark >= enough) {
		f->tries = f->restarts = 0;
		f->job->resolves = 0;
	}
	f->mark = part_bytes(&f->part);
}

void
fetch_again(struct file *f, int64_t asked)
{
	const struct service_options *o = &f->get->service.options;
	if (f->tries >= (unsigned)o->retries || asked > o->max_wait ||
	    f->get->service.flow.stopping) {
		if (f->get->service.flow.stopping)
			failure_set(&f->error, "interrupted", true,
				    "stopped on its way: what there is of it stays");
		else if (asked > 0)
			f->error.retry_after = asked;
		file_fail(f, &f->error);
		return;
	}
	int64_t own = retry_backoff(f->tries++, SECOND / 2, 30 * SECOND, retry_chance());
	f->due = clock_now() + retry_wait(own, asked, retry_chance());
	failure_free(&f->error);
	file_move(f, FILE_LATER);
}

/* A URL that has ended: its job is asked for another, once for all of its files. */
static bool
ask_anew(struct file *f)
{
	struct job *j = f->job;
	if (!j->id || j->foreign || j->resolves >= RESOLVES_MAX || f->get->service.flow.stopping)
		return false;
	failure_free(&f->error);
	if (f->url_age != j->answers) { /* another of its files has asked meanwhile */
		file_move(f, FILE_QUEUED);
		return true;
	}
	file_move(f, FILE_ASKING);
	queue_ask(j);
	return true;
}

static void
on_refusal(struct file *f, const struct http_response *r)
{
	struct buf said = {0};
	bool ended = r->status == 400 || r->status == 401 || r->status == 403 || r->status == 404 ||
		     r->status == 410;
	bool transient = retry_transient(r->status);
	const char *url = fetch_url(f);
	bool is_signed = url[name_url_length(url)] == '?' || f->part.have;
	int64_t asked = retry_after(http_header(r, "Retry-After"), clock_wall(), 0);
	if (ended && ask_anew(f))
		return;
	if (f->named_by && r->status == 404 && f->tries < MISSING_TRIES)
		transient = true;
	body_text(&said, buf_all(&r->body));
	bool expired = ended && is_signed && (!f->job->id || f->query);
	failure_set(&f->error,
		    transient || expired ? "unavailable"
		    : r->status >= 300   ? "rejected"
					 : "bad_response",
		    transient || expired, "HTTP %d%s%s%s", r->status,
		    expired ? ", the URL may have expired" : "", said.n ? ": " : "",
		    buf_cstr(&said));
	buf_free(&said);
	f->error.http = r->status;
	if (transient)
		fetch_again(f, asked);
	else
		file_fail(f, &f->error);
}

/* Its answer came to its end: is that the file's? */
static void
on_end(struct file *f)
{
	int64_t size = f->part.version.size;
	f->tries = 0;
	if (f->playlist) {
		set_read(f);
		return;
	}
	if (size >= 0 &&
	    f->part.have < size) { /* a server that hands out less than it is asked for */
		if (f->part.have > f->asked_from && f->part.have) {
			file_move(f, FILE_QUEUED);
			return;
		}
		failure_set(&f->error, "unavailable", true,
			    "the answer ends after %lld of %lld bytes", (long long)f->part.have,
			    (long long)size);
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
	finish_hash(f, true);
}

static void
on_lost(struct file *f, const struct http_response *r)
{
	bool trusted = r->end != HTTP_UNTRUSTED;
	struct buf b = {0};
	add_what(&b, f);
	failure_set(&f->error, "unavailable", trusted, "%s: %s", buf_cstr(&b), r->why);
	buf_free(&b);
	f->error.http = r->status == 200 || r->status == 206 ? 0 : r->status;
	if (trusted)
		fetch_again(f, -1);
	else
		file_fail(f, &f->error);
}

/* Asked anew at once, if that does not go on for ever. */
static void
restart(struct file *f)
{
	if (f->restarts++ < RESTARTS_MAX) {
		file_move(f, FILE_QUEUED);
		return;
	}
	failure_set(&f->error, "bad_response", true,
		    "its answers do not go together: given up after %d times", RESTARTS_MAX + 1);
	file_fail(f, &f->error);
}

void
fetch_rest(struct file *f, struct failure *lost)
{
	note_progress(f);
	if (f->job->ending || f->error.code) {
		file_fail(f, &f->error);
	} else if (f->again) {
		restart(f);
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
		restart(f);
	else if (good && (r->status == 200 || r->status == 206))
		on_end(f);
	else if (r->end == HTTP_ANSWERED)
		on_refusal(f, r);
	else
		on_lost(f, r);
}

/* Which bytes to ask for, and of which version. */
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
	f->url_age = f->job->answers;
	f->mark = part_bytes(&f->part);
	f->began = clock_now();
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

/* What has the name already: true, if there is something to be fetched all the same. */
static bool
may_have_name(struct file *f, struct failure *e)
{
	bool regular;
	int64_t size, modified;
	struct buf b = {0};
	f->skip_size = -1;
	bool ours = f->named_by && f->set->resumed; /* fetched for the same set */
	f->replace = get_options.exists != EXISTS_FAIL || ours;
	if (!part_exists(&f->part, &regular, &size, &modified))
		return true;
	file_show(&b, f);
	if (!regular)
		failure_set(e, "exists", false, "%s is there, and is no regular file",
			    buf_cstr(&b));
	else if (ours && get_options.exists != EXISTS_REPLACE)
		f->skip_size = size;
	else if (get_options.exists == EXISTS_FAIL)
		failure_set(e, "exists", false, "%s is there already: --exists skip or replace",
			    buf_cstr(&b));
	else if (get_options.exists == EXISTS_SKIP && modified >= f->job->made - SECOND)
		f->skip_size = size;
	buf_free(&b);
	return !e->code;
}

bool
fetch_open(struct file *f, struct failure *e)
{
	struct part_id id = file_id(f);
	const struct version *v = &f->part.version;
	switch (part_open(&f->part, &f->get->tree, f->path, &id)) {
	case PART_OPEN:
		if (!may_have_name(f, e))
			break;
		if (f->playlist)
			f->set->resumed = f->set->resumed || f->part.noted;
		else if (f->part.have && v->size < 0 && !v->etag && !v->modified &&
			 part_cut(&f->part, 0) < 0)
			local_failure(f, errno, "truncate", e);
		f->taken_over = part_bytes(&f->part);
		tally_bytes(f, 0);
		break;
	case PART_WHOLE:
		f->named = f->part.dir->dirty = true;
		break;
	case PART_BUSY:
		failure_set(e, "unavailable", true, "another tc-get fetches %s now", f->path);
		break;
	case PART_ERROR:
		local_failure(f, errno, "open", e);
		break;
	}
	return !e->code;
}

/* A set that was whole before its last file could be said to be. */
static void
add_named(struct file *first)
{
	size_t before = first->job->files_n;
	if (!set_add_known(first))
		set_forget(first, before);
}

/* With its name, and what is there of it. False: it has ended, or needs no request. */
static bool
prepare(struct file *f)
{
	struct failure e = {0};
	struct span ext = f->path ? (struct span){"", 0} : name_url_ext(fetch_url(f));
	if (ext.n && !set_begin(f, ext, &e)) {
		file_fail(f, &e);
	} else if (!f->path && (!ext.n || !name_file(f, ext, &e))) {
		if (e.code)
			file_fail(f, &e);
	} else if (f->part.fd < 0 && !f->named_by && finish_file_known(f)) {
		finish_skipped(f);
		return false;
	} else if (f->part.fd < 0 && !fetch_open(f, &e)) {
		file_fail(f, &e);
	} else if (f->named) {
		if (f->playlist)
			add_named(f);
		file_move(f, FILE_CHECKING);
		finish_hash(f, true);
		return false;
	} else if (f->read) {
		set_write(f);
		return false;
	}
	bool good = !e.code;
	failure_free(&e);
	return good;
}

void
fetch_start(struct file *f)
{
	if (f->named_by)
		set_url(f);
	if (queue_is_stale(f->job)) {
		file_move(f, FILE_ASKING);
		queue_ask(f->job);
	} else if (prepare(f)) {
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
