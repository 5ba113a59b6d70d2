/* The steps of an upload: which one comes next. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/msg.h"
#include "put.h"

/* Start over this often in a row before the upload fails. */
enum { RESTARTS_MAX = 3 };

void
step_go(struct upload *u, enum phase phase)
{
	step_later(u, phase, 0);
}

void
step_later(struct upload *u, enum phase phase, int64_t due)
{
	u->phase = phase;
	flow_schedule(&u->put->service.flow, &u->step.item, due);
}

static bool
expired(const struct remote *r)
{
	return r->expires != NEVER && r->expires <= clock_wall();
}

/*
 * Find the next part without an ETag. Return the phase that sends it, or gets
 * its URL. Where only a new upload would bring one, the URL is used even if its
 * time seems to be over: the host knows, and its clock may be another.
 */
static enum phase
next_part(struct upload *u)
{
	struct remote *r = &u->remote;
	bool more = u->put->profile->more.method;
	for (u->part = 0; u->part < r->parts_n && r->parts[u->part].etag; u->part++)
		continue;
	if (u->location || u->part == r->parts_n ||
	    (r->parts[u->part].url && !(more && expired(r))))
		return PHASE_SEND;
	return more ? PHASE_MORE : PHASE_START;
}

/* Go on with the next part. */
static void
go_to_part(struct upload *u)
{
	struct failure e = {0};
	enum phase phase = next_part(u);
	if (phase == PHASE_START) {
		failure_set(&e, "bad_response", false, "%s: the reply names no URL of part %zu",
			    u->path, u->part + 1);
		step_restart(u, &e);
	} else {
		step_go(u, phase);
	}
	failure_free(&e);
}

static bool
has_start(const struct upload *u)
{
	return !u->location && u->put->profile->start.method;
}

/* Return the phase in which an upload that exists resumes. */
static enum phase
going_on(struct upload *u)
{
	struct remote *r = &u->remote;
	switch (u->kind) {
	case UPLOAD_PARTS:
		return next_part(u);
	case UPLOAD_RESUMABLE:
	case UPLOAD_TUS:
		return r->session ? PHASE_OFFSET : PHASE_CREATE;
	default:
		return expired(r) && has_start(u) ? PHASE_START : PHASE_SEND;
	}
}

static enum phase
first_phase(struct upload *u)
{
	struct remote *r = &u->remote;
	if (r->sent && !multipart_is(u)) /* S3's finish is sent again once the file is hashed */
		return u->put->profile->get.method && !u->location ? PHASE_GET : PHASE_FINISH;
	if (!r->begun)
		return has_start(u) ? PHASE_START
		       : u->kind == UPLOAD_RESUMABLE || u->kind == UPLOAD_TUS || multipart_is(u)
			       ? PHASE_CREATE
			       : PHASE_SEND;
	return going_on(u);
}

/* Forget the upload at the service, to start over. */
static void
begin_anew(struct upload *u)
{
	remote_free(&u->remote);
	u->offset = u->given = 0;
	u->whole = false;
	output_bytes(u, 0, 0);
}

static bool
makes_job(const struct upload *u)
{
	return !u->location && u->put->profile->job.n > 0;
}

void
step_start(struct upload *u)
{
	u->phase = first_phase(u);
	u->began = clock_now();
	if (u->phase == PHASE_START)
		begin_anew(u);
	else if (u->remote.sent)
		u->unsure = u->whole = true;
}

void
step_started(struct upload *u)
{
	u->remote.begun = true;
	resume_note(u);
	if (u->kind == UPLOAD_PARTS)
		go_to_part(u);
	else if (!u->remote.session && (u->kind == UPLOAD_RESUMABLE || u->kind == UPLOAD_TUS))
		step_go(u, PHASE_CREATE);
	else
		step_go(u, PHASE_SEND);
}

/* Go on after the last byte: finish the upload, or ask for its state. */
static void
after_bytes(struct upload *u)
{
	const struct upload_profile *p = u->put->profile;
	struct failure e = {0};
	if (u->changed || source_changed(&u->source)) {
		u->changed = true;
		failure_set(&e, "unavailable", true, "%s: changed while it was read", u->path);
		step_fail(u, &e);
		failure_free(&e);
		return;
	}
	if (u->location ? multipart_is(u) : p->finish.method != NULL) {
		u->remote.sent = true;
		resume_note(u);
		step_go(u, PHASE_FINISH);
	} else if (!u->location && p->get.method && !u->url) {
		u->remote.sent = true;
		resume_note(u);
		step_go(u, PHASE_GET);
	} else {
		output_done(u);
	}
}

void
step_progress(struct upload *u, int64_t has)
{
	if (has <= u->best)
		return; /* what was begun anew, and has come no further */
	u->best = has;
	u->tries = u->restarts = u->throttles = 0;
	u->throttled = 0;
}

void
step_bytes(struct upload *u)
{
	if (u->kind == UPLOAD_PARTS) {
		next_part(u);
		if (source_changed(&u->source))
			u->changed = true;
		else if (u->part < u->remote.parts_n) {
			go_to_part(u);
			return;
		}
	} else if ((u->kind == UPLOAD_RESUMABLE || u->kind == UPLOAD_TUS) &&
		   u->offset < u->source.size) {
		step_go(u, PHASE_SEND);
		return;
	}
	u->whole = true;
	if (u->changed || source_hashed(u))
		after_bytes(u);
}

void
step_hashed(struct upload *u)
{
	struct failure e = {0};
	if (u->ending) {
		step_fail(u, &u->error);
		return;
	}
	if ((u->phase != PHASE_HASH && !u->whole) || !source_hashed(u))
		return;
	if (u->phase != PHASE_HASH) {
		after_bytes(u);
	} else if (u->changed || source_changed(&u->source)) {
		failure_set(&e, "unavailable", true, "%s: changed while it was read", u->path);
		step_fail(u, &e);
	} else {
		free(u->key);
		u->key = line_key(u);
		if (resume_known(u))
			output_known(u);
		else
			step_go(u, PHASE_START);
	}
	failure_free(&e);
}

void
step_restart(struct upload *u, const struct failure *e)
{
	if (u->remote.sent && makes_job(u)) {
		/* the finish may have made a job: another upload would make a second one */
		struct failure doubt = {.http = e->http};
		failure_set(&doubt, "in_doubt", true,
			    "%s: it is not known whether the service has accepted the upload: %.*s",
			    u->path, (int)e->message.n, e->message.p ? e->message.p : "");
		step_fail(u, &doubt);
		failure_free(&doubt);
		return;
	}
	if (u->restarts++ >= RESTARTS_MAX || u->put->service.flow.stopping) {
		step_fail(u, e);
		return;
	}
	msg_debug("line %zu: starting over: %.*s", u->step.item.index + 1, (int)e->message.n,
		  e->message.p ? e->message.p : "");
	begin_anew(u);
	if (u->location) {
		struct failure none = {0};
		bucket_place(u, &none);
		failure_free(&none);
	}
	step_go(u, first_phase(u));
}

/* Return true if the service has an upload that no run can complete, and that can be aborted. */
static bool
to_be_aborted(const struct upload *u, const struct failure *e)
{
	bool can = u->location ? multipart_is(u) : u->put->profile->abort.method != NULL;
	/* without a ledger no run can go on with it */
	bool final = !e->temporary || u->changed || (u->location && !u->put->service.ledger);
	return can && u->remote.begun && !u->remote.sent && u->phase != PHASE_ABORT && final &&
	       !u->put->service.flow.stopping &&
	       (u->step.item.state == ITEM_RUNNING || u->step.item.state == ITEM_ASIDE);
}

void
step_fail(struct upload *u, const struct failure *e)
{
	if (&u->error != e)
		failure_copy(&u->error, e);
	u->ending = true;
	if (u->source.hash.running) {
		if (u->step.item.state != ITEM_ASIDE)
			flow_aside(&u->put->service.flow, &u->step.item);
		return; /* a thread reads the file: step_hashed() continues */
	}
	if (to_be_aborted(u, e)) {
		u->ending = false;
		step_go(u, PHASE_ABORT);
		return;
	}
	output_failed(u, &u->error);
}
