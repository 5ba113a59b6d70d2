/* Requests that failed: another try, another URL, or the end of the file. */
#include "base/clock.h"
#include "base/msg.h"
#include "fetch.h"
#include "flow/retry.h"
#include "http/storage.h"
#include "service/body_text.h"

enum {
	RESTARTS_MAX = 4,  /* consecutive fresh starts */
	RESOLVES_MAX = 3,  /* new URLs in a row without progress */
	MISSING_TRIES = 2, /* for a file that a playlist names, which may not be published yet */
};

void
fetch_show(struct buf *b, const struct file *f)
{
	struct span origin = http_origin(fetch_url(f));
	if (f->set)
		buf_fmt(b, "%.*s: %s", (int)origin.n, origin.p, f->path);
	else
		buf_add(b, fetch_url(f), name_url_length(fetch_url(f)));
}

/* Return true if the host has answered 429, and does not do so for too long: no failure counts. */
static bool
is_throttled(struct file *f)
{
	int64_t now = clock_now();
	if (f->error.http != 429)
		f->throttled = f->throttles = 0;
	else if (!f->throttled)
		f->throttled = now;
	return f->throttled && now - f->throttled <= f->get->service.options.max_throttle;
}

void
fetch_again(struct file *f, int64_t asked)
{
	const struct service_options *o = &f->get->service.options;
	bool throttled = is_throttled(f);
	if ((!throttled && f->tries >= (unsigned)o->retries) || asked > o->max_wait ||
	    f->get->service.flow.stopping) {
		if (f->get->service.flow.stopping)
			failure_set(&f->error, "interrupted", true,
				    "interrupted; run again to continue");
		else if (asked > 0)
			f->error.retry_after = asked;
		file_fail(f, &f->error);
		return;
	}
	unsigned *n = throttled ? &f->throttles : &f->tries;
	int64_t own = retry_backoff((*n)++, SECOND / 2, 30 * SECOND, retry_chance());
	f->due = clock_now() + retry_wait(own, asked, retry_chance());
	failure_free(&f->error);
	file_move(f, FILE_LATER);
}

/* Ask for a new URL of the job in place of one that has expired, once for all of its files. Return
 * false if that is not possible. */
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

/* Stop the run: no other object is given to this key either. */
static void
key_refused(struct file *f, const struct http_response *r)
{
	struct buf said = {0};
	body_text(&said, buf_all(&r->body));
	failure_set(&f->error, "unauthorized", false, "HTTP %d%s%s", r->status, said.n ? ": " : "",
		    buf_cstr(&said));
	f->error.http = r->status;
	buf_free(&said);
	flow_stop(&f->get->service.flow, EXIT_REFUSED);
	file_fail(f, &f->error);
}

void
fetch_refused(struct file *f, const struct http_response *r)
{
	struct buf said = {0};
	bool ended = r->status == 400 || r->status == 401 || r->status == 403 || r->status == 404 ||
		     r->status == 410;
	bool transient = retry_transient(r->status);
	const char *url = fetch_url(f);
	bool is_signed = url[name_url_length(url)] == '?' || f->part.have;
	int64_t asked = retry_after(http_header(r, "Retry-After"), clock_wall(), 0);
	if (object_is(url) && storage_refuses_key(r)) {
		key_refused(f, r);
		return;
	}
	if (ended && ask_anew(f))
		return;
	if (f->named_by && r->status == 404 && f->tries < MISSING_TRIES)
		transient = true;
	body_text(&said, buf_all(&r->body));
	bool expired = ended && is_signed && (!f->job->id || f->query);
	failure_set(&f->error,
		    r->status == 429       ? "throttled"
		    : transient || expired ? "unavailable"
		    : r->status >= 300     ? "rejected"
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

void
fetch_lost(struct file *f, const struct http_response *r)
{
	bool trusted = r->end != HTTP_UNTRUSTED;
	struct buf b = {0};
	fetch_show(&b, f);
	failure_set(&f->error, "unavailable", trusted, "%s: %s", buf_cstr(&b), r->why);
	buf_free(&b);
	f->error.http = r->status == 200 || r->status == 206 ? 0 : r->status;
	if (trusted)
		fetch_again(f, -1);
	else
		file_fail(f, &f->error);
}

void
fetch_restart(struct file *f)
{
	if (f->restarts++ < RESTARTS_MAX) {
		file_move(f, FILE_QUEUED);
		return;
	}
	failure_set(&f->error, f->meddled ? "unavailable" : "bad_response", true,
		    "%s; gave up after %d tries",
		    f->meddled ? file_meddled : "its responses contradict each other",
		    RESTARTS_MAX + 1);
	file_fail(f, &f->error);
}
