#include "service/response.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "service/error_body.h"
#include "json/json.h"
#include "service/throttle.h"
#include "base/msg.h"
#include "service/question.h"
#include "flow/retry.h"

/* Tries after the first, while nobody knows that the service is there at all, unless --retries says. */
enum { UNANSWERED_TRIES = 3 };

/* What a wait between tries grows to, in first ones. */
enum { BACKOFF_GROWS = 60 };

/* A clock that is off by less does no harm. */
#define CLOCK_OFF (10 * 60 * SECOND)

static void
note_clock_skew(struct service *s, const struct http_response *r)
{
	int64_t now = clock_wall(), date = retry_http_date(http_header(r, "Date"), now);
	if (date <= 0)
		return;
	s->clock_skew = date - now;
	int64_t off = s->clock_skew < 0 ? -s->clock_skew : s->clock_skew;
	if (off < CLOCK_OFF || s->clock_warned)
		return;
	s->clock_warned = true;
	msg_warn("this machine's clock is %lld minutes %s the service's: set it, for certificates and URLs have their times",
		 (long long)(off / (60 * SECOND)), s->clock_skew < 0 ? "ahead of" : "behind");
}

enum response_class { TAKEN, QUOTA, UNAUTHORIZED, QUEUE_FULL, THROTTLED, TRANSIENT, REJECTED };

/* The header's code decides before the body's, and any code before the HTTP status. */
static enum response_class
classify(const struct profile *p, int status, const struct error_body *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (strings_have(&p->quota_codes, c->codes[i]))
			return QUOTA;
		if (strings_have(&p->queue_codes, c->codes[i]))
			return QUEUE_FULL;
		if (strings_have(&p->unauthorized_codes, c->codes[i]))
			return UNAUTHORIZED;
		if (strings_have(&p->throttle_codes, c->codes[i]))
			return THROTTLED;
		if (strings_have(&p->transient_codes, c->codes[i]))
			return TRANSIENT;
	}
	if (numbers_have(&p->quota, status))
		return QUOTA;
	if (numbers_have(&p->unauthorized, status))
		return UNAUTHORIZED;
	if (numbers_have(&p->throttle, status) || status == 429)
		return THROTTLED;
	if (numbers_have(&p->transient, status) || retry_transient(status))
		return TRANSIENT;
	return REJECTED;
}

/* Can a create that got this status have made a job all the same? */
static bool
may_have_acted(int status)
{
	return status >= 500 && !(retry_status(status) & RETRY_UNREACHED);
}

static void
describe(struct failure *e, const struct http_response *r, const struct error_body *c, const char *code, bool temporary)
{
	struct span body = buf_all(&r->body);
	struct span location = http_header(r, "Location");
	if (c->message.n)
		failure_set(e, code, temporary, "%.*s", (int)c->message.n, c->message.p);
	else if (r->status >= 300 && r->status < 400)
		failure_set(e, code, temporary, "HTTP %d: redirects to %.*s, which is not followed: correct --base-url", r->status,
			 (int)location.n, location.p);
	else
		failure_set(e, code, temporary, "HTTP %d: %.*s", r->status, (int)(body.n < 200 ? body.n : 200), body.p);
	e->http = r->status;
	e->reason.n = 0;
	if (c->n)
		buf_cut(&e->reason, span_of(c->codes[0]), FAILURE_SAID);
}

void
reply_refuse(struct service *s, int status, const struct failure *e, const char *hint)
{
	const char *key = service_options.key_file ? service_options.key_file : s->profile->key_env;
	if (!s->refusal_reported)
		msg_error("%s: %.*s: %s%s", s->profile->name, (int)e->message.n, e->message.p ? e->message.p : "", hint,
			  status == EXIT_REFUSED && key ? key : "");
	s->refusal_reported = true;
	flow_stop(&s->flow, status);
}

/* How many more tries a step has: few while nobody knows that the service is there at all. */
static unsigned
tries_allowed(const struct service *s)
{
	unsigned n = (unsigned)service_options.retries;
	if (s->reachable)
		return n * s->retry_factor;
	return service_options.retries_given || n < UNANSWERED_TRIES ? n : UNANSWERED_TRIES;
}

bool
reply_try_again(struct service *s, struct service_item *st, int64_t asked)
{
	if (asked > service_options.max_wait || st->failures >= tries_allowed(s) || s->flow.stopping)
		return false;
	int64_t base = s->profile->backoff, own = retry_backoff(st->failures++, base, BACKOFF_GROWS * base, retry_chance());
	flow_schedule(&s->flow, &st->item, clock_now() + retry_wait(own, asked, retry_chance()));
	return true;
}

/* "Too many": everybody waits. True if the item goes on waiting. */
static bool
throttled(struct service *s, struct service_item *st, const struct http_response *r, struct failure *e, int64_t asked)
{
	const char *why = limits_pause(s, r, asked, true);
	int64_t now = clock_now();
	if (!st->refused)
		st->refused = now;
	if (why)
		reply_refuse(s, EXIT_TRY_AGAIN, e, why);
	if (s->flow.stopping || now - st->refused > service_options.max_throttle)
		return false;
	flow_schedule(&s->flow, &st->item, now); /* another goes first: it may be this line alone that is refused */
	return true;
}

/* A status that is said for the whole service, with a time, is heeded by all. */
static void
heed(struct service *s, const struct http_response *r, struct failure *e, int64_t asked)
{
	const char *why = r->status == 503 && asked >= 0 ? limits_pause(s, r, asked, false) : NULL;
	if (why)
		reply_refuse(s, EXIT_TRY_AGAIN, e, why);
}

/* Its queue is full of our own jobs: new ones wait for those, not for a rate. */
static bool
queue_full(struct service *s, struct service_item *st, int64_t asked)
{
	int64_t base = 4 * s->profile->backoff;
	int64_t own = base + retry_backoff(s->queue_waits, base, BACKOFF_GROWS / 2 * base, retry_chance());
	if (s->flow.stopping || clock_now() - st->admitted_at > service_options.max_wait)
		return false;
	if (clock_now() >= s->queue_until)
		s->queue_waits++;
	s->queue_until = clock_now() + retry_wait(own, asked, retry_chance());
	flow_schedule(&s->flow, &st->item, s->queue_until);
	return true;
}

/*
 * A key that was taken before is asked about once more, for one odd 401 among
 * good answers is a proxy's, or a replica's that lags. True if the item goes on.
 */
static bool
denied(struct service *s, struct service_item *st, const struct pending_call *sent, struct failure *e)
{
	bool again = st->denied > 0, others = s->taken != st->taken;
	st->denied++;
	st->taken = s->taken;
	if (s->accepted_once && !again && !s->flow.stopping) {
		msg_debug("line %zu: the key was good before: asked once more", st->item.index + 1);
		flow_schedule(&s->flow, &st->item, clock_now() + retry_backoff(0, s->profile->backoff, s->profile->backoff, retry_chance()));
		return true;
	}
	if (!s->accepted_once || !others) {
		reply_refuse(s, EXIT_REFUSED, e, "the key was refused: check ");
		return false;
	}
	/* good for the others all the while: it is this item that is refused */
	e->code = "rejected";
	return sent->question ? question_again(s, st, e) : reply_try_again(s, st, e->retry_after > 0 ? e->retry_after : -1);
}

static void
accepted(struct service *s, struct service_item *st, const struct http_response *r)
{
	st->failures = st->denied = 0;
	st->refused = 0;
	s->taken++;
	s->queue_waits = 0;
	if (pace_news(&s->pace, r->began))
		pace_accepted(&s->pace, clock_now());
	if (!s->accepted_once) {
		s->accepted_once = true;
		s->flow.jobs = (size_t)s->jobs;
	}
}

void
reply_hand_over(struct service *s, struct service_item *st, enum answer_kind kind, struct span doc, struct failure *e, int status)
{
	struct call_result a = {.kind = kind, .doc = doc, .error = e, .status = status};
	s->answer(s, st, &a);
}

/* A reply with status 2xx. */
static void
on_success(struct service *s, const struct pending_call *sent, const struct http_response *r, struct failure *e)
{
	struct span doc = json_body(buf_all(&r->body));
	const char *why = doc.n ? json_check_loose(doc, NULL) : sent->unread ? NULL : "it is empty";
	if (!why) {
		struct call_result a = {.kind = CALL_OK, .doc = doc, .status = r->status, .response = r};
		accepted(s, sent->step, r);
		s->answer(s, sent->step, &a);
		return;
	}
	failure_set(e, "bad_response", true, "HTTP %d, but the reply is not JSON: %s: %.*s", r->status, why,
		 (int)(doc.n < 80 ? doc.n : 80), doc.p);
	e->http = r->status;
	if (sent->unsafe)
		reply_hand_over(s, sent->step, CALL_LOST, (struct span){0}, e, r->status);
	else if (sent->question ? !question_again(s, sent->step, e) : !reply_try_again(s, sent->step, -1))
		reply_hand_over(s, sent->step, CALL_FAILED, (struct span){0}, e, r->status);
}

static void
on_refusal(struct service *s, const struct pending_call *sent, const struct http_response *r, struct failure *e)
{
	static const char *const codes[] = {"", "quota", "unauthorized", "throttled", "throttled", "unavailable", "rejected"};
	struct error_body c;
	struct service_item *st = sent->step;
	int64_t asked = throttle_asked(s, r);
	bool later = false, lost = false;
	error_body_read(&c, s->profile, r);
	enum response_class v = classify(s->profile, r->status, &c);
	if (sent->final && numbers_have(sent->final, r->status)) {
		describe(e, r, &c, "rejected", false);
		reply_hand_over(s, st, CALL_FAILED, (struct span){0}, e, r->status);
		error_body_free(&c);
		return;
	}
	const char *code = v == REJECTED && r->status >= 500 ? "unavailable" : codes[v];
	describe(e, r, &c, code, v == QUEUE_FULL || v == THROTTLED || v == TRANSIENT);
	if (asked > 0)
		e->retry_after = asked;
	switch (v) {
	case QUOTA:
		reply_refuse(s, EXIT_SOME_FAILED, e, "nothing more is sent until there is quota again");
		break;
	case UNAUTHORIZED:
		later = denied(s, st, sent, e);
		break;
	case QUEUE_FULL:
		later = queue_full(s, st, asked);
		break;
	case THROTTLED:
		later = throttled(s, st, r, e, asked);
		break;
	case TRANSIENT:
	case REJECTED:
		lost = sent->unsafe && may_have_acted(r->status);
		heed(s, r, e, asked);
		if (v == REJECTED)
			later = !lost && sent->question && question_again(s, st, e);
		else
			later = !lost && reply_try_again(s, st, asked);
		break;
	case TAKEN:
		break;
	}
	if (!later)
		reply_hand_over(s, st, lost ? CALL_LOST : CALL_FAILED, (struct span){0}, e, r->status);
	error_body_free(&c);
}

static void
on_no_reply(struct service *s, const struct pending_call *sent, const struct http_response *r, struct failure *e)
{
	struct service_item *st = sent->step;
	bool too_large = r->end == HTTP_TOO_LARGE;
	failure_set(e, too_large ? "bad_response" : "unavailable", !too_large && r->end != HTTP_UNTRUSTED, "%s: %s", s->base_url,
		 r->why);
	e->http = r->status;
	if (sent->unsafe && (r->end == HTTP_LOST || too_large)) {
		reply_hand_over(s, st, CALL_LOST, (struct span){0}, e, r->status);
		return;
	}
	/* between good answers it is somebody else who answers for a moment */
	bool passes = r->end != HTTP_UNTRUSTED || s->accepted_once;
	if (too_large ? sent->question && question_again(s, st, e) : passes && reply_try_again(s, st, -1))
		return;
	if (r->end == HTTP_UNTRUSTED)
		reply_refuse(s, EXIT_UNREACHABLE, e, "the service cannot be verified: nothing was sent");
	else if (!s->reachable && !s->flow.stopping)
		reply_refuse(s, EXIT_UNREACHABLE, e, "the service cannot be reached");
	reply_hand_over(s, st, CALL_FAILED, (struct span){0}, e, r->status);
}

void
response_handle(struct service *s, const struct pending_call *sent, const struct http_response *r)
{
	struct failure e = {0};
	if (sent->url) {
		reply_file(s, sent, r);
		return;
	}
	msg_debug("line %zu: %d %s (%lld ms)", sent->step->item.index + 1, r->status,
		  r->end == HTTP_ANSWERED ? "" : r->why, (long long)((r->ended - r->began) / MILLISECOND));
	if (r->status) {
		s->reachable = true;
		note_clock_skew(s, r);
		limits_hear(s, r);
	}
	if (r->end != HTTP_ANSWERED)
		on_no_reply(s, sent, r, &e);
	else if (r->status >= 200 && r->status < 300)
		on_success(s, sent, r, &e);
	else
		on_refusal(s, sent, r, &e);
	failure_free(&e);
}
