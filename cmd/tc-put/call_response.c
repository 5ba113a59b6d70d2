/* Handles the responses to the service's calls. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/date.h"
#include "flow/retry.h"
#include "put.h"
#include "json/json.h"

enum { QUESTIONS_MAX = 20 };

static bool
take_part(void *ctx, struct span part)
{
	struct upload *u = ctx;
	const struct upload_profile *p = u->put->profile;
	char *number = profile_find(&p->part_number, part);
	int64_t n = number ? span_number(span_of(number)) : -1;
	if (n >= 1 && (size_t)n <= u->remote.parts_n) {
		char **url = &u->remote.parts[n - 1].url;
		free(*url);
		*url = profile_find(&p->url, part);
	}
	free(number);
	return true;
}

/* Set when the URLs expire: as the response says, else the profile. */
static void
read_expiry(struct upload *u, struct span doc)
{
	const struct upload_profile *p = u->put->profile;
	char *text = profile_find(&p->expires, doc);
	u->remote.expires = p->ttl ? clock_wall() + p->ttl : NEVER;
	if (text)
		(void)date_parse(text, &u->remote.expires);
	free(text);
}

static void
read_parts(struct upload *u, struct span doc)
{
	const struct upload_profile *p = u->put->profile;
	for (size_t i = 0; i < p->parts.n; i++)
		json_walk(doc, p->parts.v[i], take_part, u);
	read_expiry(u, doc);
}

static void
replace(char **to, char *text)
{
	if (!text)
		return;
	free(*to);
	*to = text;
}

static bool
no_place(struct upload *u, const struct call_result *a, const char *what)
{
	struct failure e = {.http = a->status};
	failure_set(&e, "bad_response", false, "HTTP %d, but the reply names no %s%s%.*s",
		    a->status, what, a->doc.n ? ": " : "", (int)(a->doc.n < 200 ? a->doc.n : 200),
		    a->doc.p ? a->doc.p : "");
	e.http = a->status;
	step_fail(u, &e);
	failure_free(&e);
	return false;
}

static void
on_started(struct upload *u, const struct call_result *a)
{
	const struct upload_profile *p = u->put->profile;
	struct remote *r = &u->remote;
	struct span location =
		a->response ? http_header(a->response, "Location") : (struct span){0};
	replace(&r->id, profile_find(&p->id, a->doc));
	replace(&r->upload, profile_find(&p->upload, a->doc));
	call_read(u, a->doc);
	if (u->kind == UPLOAD_PARTS) {
		read_parts(u, a->doc);
		if (!r->parts[0].url && !p->more.method) {
			no_place(u, a, "URL of part 1");
			return;
		}
	} else {
		read_expiry(u, a->doc);
		replace(&r->url, profile_find(&p->url, a->doc));
		r->session = u->kind == UPLOAD_RESUMABLE && !p->create_method;
		if (!r->url && location.n) {
			r->url = http_url_join(u->put->service.base_url, location);
			r->session = true;
		}
		if (!r->url && !p->send.method) {
			no_place(u, a, "URL to send the file to");
			return;
		}
	}
	step_started(u);
}

static void
on_more(struct upload *u, const struct call_result *a)
{
	read_parts(u, a->doc);
	if (!u->remote.parts[u->part].url)
		no_place(u, a, "URL of the part that was asked for");
	else
		step_go(u, PHASE_SEND);
}

void
call_read(struct upload *u, struct span doc)
{
	const struct upload_profile *p = u->put->profile;
	char *expires = profile_find(&p->source_expires, doc);
	replace(&u->url, profile_find(&p->source, doc));
	replace(&u->id, profile_find(&p->job, doc));
	if (expires)
		(void)date_parse(expires, &u->expires);
	free(expires);
}

/*
 * Continue after the service accepted the upload: end the item, or ask for the
 * job that it makes.
 */
static void
taken(struct upload *u, const struct call_result *a)
{
	const struct upload_profile *p = u->put->profile;
	call_read(u, a->doc);
	if (u->id && u->put->service.profile->get.method) {
		step_go(u, PHASE_JOB);
	} else if (u->url || u->id || (!p->source.n && !p->job.n)) {
		output_done(u);
	} else if (p->get.method && u->questions++ < QUESTIONS_MAX) {
		const struct profile *sp = u->put->service.profile;
		step_later(u, PHASE_GET,
			   clock_now() +
				   retry_backoff(u->questions, sp->poll_first, sp->poll_cap, 1));
	} else {
		no_place(u, a, p->job.n ? "job" : "source");
	}
}

static void
on_got(struct upload *u, const struct call_result *a)
{
	const struct upload_profile *p = u->put->profile;
	char *status = profile_find(&p->status, a->doc);
	bool waiting = status && strings_have(&p->waiting, status);
	free(status);
	if (waiting && p->finish.method)
		step_go(u, PHASE_FINISH);
	else
		taken(u, a);
}

static void
on_job(struct upload *u, const struct call_result *a)
{
	const struct profile *p = u->put->service.profile;
	if (a->kind == CALL_OK) {
		struct span job = service_job(&u->put->service, a->doc);
		json_oneline(&u->job, job);
		replace(&u->status, profile_find(&p->status, job));
	}
	/* the job exists, whatever the service says now */
	output_done(u);
}

/* Handle a lost response to a finish, which may have made a job. */
static void
on_lost(struct upload *u, const struct failure *e)
{
	struct failure doubt = {0};
	u->unsure = true;
	if (u->put->profile->get.method && u->questions++ < QUESTIONS_MAX &&
	    !u->put->service.flow.stopping) {
		step_later(u, PHASE_GET, clock_now() + u->put->service.profile->backoff);
		return;
	}
	failure_set(&doubt, "in_doubt", true,
		    "%s: the response to the finish was lost, and the service may have made a job: "
		    "%.*s",
		    u->path, (int)e->message.n, e->message.p ? e->message.p : "");
	step_fail(u, &doubt);
	failure_free(&doubt);
}

static void
on_failed(struct upload *u, const struct failure *e)
{
	bool gone = e->http == 404 || e->http == 410;
	if (u->phase == PHASE_ABORT)
		step_fail(u, &u->error);
	else if ((u->phase == PHASE_FINISH || u->phase == PHASE_MORE || u->phase == PHASE_GET) &&
		 gone)
		step_restart(u, e);
	else
		step_fail(u, e);
}

void
call_answer(struct service *s, struct service_item *it, const struct call_result *a)
{
	struct upload *u = upload_of(it);
	(void)s;
	if (u->phase == PHASE_JOB) {
		on_job(u, a);
	} else if (a->kind == CALL_LOST) {
		on_lost(u, a->error);
	} else if (a->kind == CALL_FAILED) {
		on_failed(u, a->error);
	} else {
		switch (u->phase) {
		case PHASE_START:
			on_started(u, a);
			break;
		case PHASE_MORE:
			on_more(u, a);
			break;
		case PHASE_GET:
			on_got(u, a);
			break;
		case PHASE_ABORT:
			step_fail(u, &u->error);
			break;
		default:
			taken(u, a);
		}
	}
}
