#include "service/response.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/msg.h"
#include "flow/retry.h"
#include "service/apikey.h"
#include "service/body_text.h"
#include "service/question.h"
#include "service/response_class.h"
#include "service/throttle.h"
#include "json/json.h"

/* The longest wait for room in a full queue, in units of the first. */
enum { QUEUE_BACKOFF_GROWS = 30 };

/* A smaller difference of the clocks does no harm. */
#define CLOCK_OFF (10 * 60 * SECOND)

static void
note_clock_skew(struct service *s, const struct http_response *r)
{
	struct span text = http_header(r, "Date");
	if (span_is(text, s->date)) /* it said this second before, when it was newer */
		return;
	snprintf(s->date, sizeof s->date, "%.*s", (int)text.n, text.p);
	int64_t now = clock_wall(), date = date_parse_http(text, now);
	if (date <= 0)
		return;
	s->clock_skew = date - now;
	int64_t off = s->clock_skew < 0 ? -s->clock_skew : s->clock_skew;
	if (off < CLOCK_OFF || s->clock_warned)
		return;
	s->clock_warned = true;
	msg_warn("this machine's clock is %lld minutes %s the service's: set it: certificates and "
		 "signed URLs depend on it",
		 (long long)(off / (60 * SECOND)), s->clock_skew < 0 ? "ahead of" : "behind");
}

/* Handle "too many requests": pause the run. True if the item was put off. */
static bool
on_throttled(struct service *s, struct service_item *it, const struct http_response *r,
	     struct failure *e, int64_t asked)
{
	const char *why = throttle_pause(s, r, asked, true);
	int64_t now = clock_now();
	if (!it->throttled_since)
		it->throttled_since = now;
	if (why)
		response_stop_run(s, EXIT_TRY_AGAIN, e, why);
	if (s->flow.stopping || now - it->throttled_since > s->options.max_throttle)
		return false;
	flow_schedule(&s->flow, &it->item,
		      now); /* another item goes first: this one alone may be refused */
	return true;
}

/* Pause the run for a 503 with Retry-After: it speaks for the whole service. */
static void
heed_unavailable(struct service *s, const struct http_response *r, struct failure *e, int64_t asked)
{
	const char *why =
		r->status == 503 && asked >= 0 ? throttle_pause(s, r, asked, false) : NULL;
	if (why)
		response_stop_run(s, EXIT_TRY_AGAIN, e, why);
}

/* Handle a queue full of our own jobs: new ones wait for those to end. True if the item was put
 * off. */
static bool
on_queue_full(struct service *s, struct service_item *it, int64_t asked)
{
	int64_t base = 4 * s->profile->backoff;
	int64_t own = base + retry_backoff(s->queue_waits, base, QUEUE_BACKOFF_GROWS * base,
					   retry_chance());
	if (s->flow.stopping || clock_now() - it->admitted_at > s->options.max_wait)
		return false;
	if (clock_now() >= s->queue_until)
		s->queue_waits++;
	s->queue_until = clock_now() + retry_wait(own, asked, retry_chance());
	flow_schedule(&s->flow, &it->item, s->queue_until);
	return true;
}

/*
 * Handle a refused secret. One that was accepted before is tried once more: a
 * single 401 among successes is a proxy's, or that of a replica that lags.
 * True if the item was put off.
 */
static bool
on_unauthorized(struct service *s, const struct pending_call *c, struct failure *e)
{
	struct service_item *it = c->item;
	bool again = it->denied > 0, others_accepted = s->accepted != it->accepted_before;
	int64_t first = s->profile->backoff;
	it->denied++;
	it->accepted_before = s->accepted;
	/* a short-lived secret has expired, or another request has renewed it since */
	if (!again && !s->flow.stopping && (c->secret_age != s->secret_age || apikey_renew(s))) {
		flow_schedule(&s->flow, &it->item, clock_now());
		return true;
	}
	if (s->accepted_once && !again && !s->flow.stopping) {
		msg_debug("line %zu: the key was accepted before: trying once more",
			  it->item.index + 1);
		flow_schedule(&s->flow, &it->item,
			      clock_now() + retry_backoff(0, first, first, retry_chance()));
		return true;
	}
	if (!s->accepted_once || !others_accepted) {
		response_stop_run(s, EXIT_REFUSED, e, "the key was refused: check ");
		return false;
	}
	/* other items were accepted meanwhile: this item is refused, not the secret */
	e->code = "rejected";
	return c->question ? question_again(s, it, e)
			   : response_retry(s, it, e->retry_after > 0 ? e->retry_after : -1);
}

static void
note_accepted(struct service *s, struct service_item *it, const struct http_response *r)
{
	it->failures = it->denied = 0;
	it->throttled_since = 0;
	it->may_have_acted = false;
	s->accepted++;
	s->queue_waits = 0;
	if (pace_news(&s->pace, r->began))
		pace_accepted(&s->pace, r->ended);
	if (!s->accepted_once) {
		s->accepted_once = true;
		s->flow.jobs = (size_t)s->jobs;
	}
}

/* Note that the request may have been carried out. Return whether it must not be sent again. */
static bool
note_lost(const struct pending_call *c)
{
	c->item->may_have_acted |= !c->question;
	return c->unsafe;
}

/* Act on a response of this class that asked for a delay (-1: for none). True if the item was put
 * off. */
static bool
act_on(enum response_class class, struct service *s, const struct pending_call *c,
       const struct http_response *r, struct failure *e, int64_t asked)
{
	switch (class) {
	case RESPONSE_QUOTA:
		response_stop_run(s, EXIT_SOME_FAILED, e,
				  "quota exhausted; nothing more will be sent in this run");
		return false;
	case RESPONSE_UNAUTHORIZED:
		return on_unauthorized(s, c, e);
	case RESPONSE_QUEUE_FULL:
		return on_queue_full(s, c->item, asked);
	case RESPONSE_THROTTLED:
		return on_throttled(s, c->item, r, e, asked);
	case RESPONSE_TRANSIENT:
		return response_retry(s, c->item, asked);
	case RESPONSE_REJECTED:
		return c->question && question_again(s, c->item, e);
	}
	return false;
}

static void
on_refusal(struct service *s, const struct pending_call *c, const struct http_response *r,
	   struct failure *e)
{
	struct error_body body;
	error_body_read(&body, s->profile, r);
	bool final = c->final && numbers_have(c->final, r->status), lost = false;
	enum response_class class =
		final ? RESPONSE_REJECTED : response_classify(s->profile, r, &body);
	int64_t asked = throttle_asked(s, r);
	response_describe(e, class, r, &body);
	error_body_free(&body);
	if (final) {
		e->code = "rejected";
		response_deliver(s, c->item, CALL_FAILED, e, r->status);
		return;
	}
	if (asked > 0)
		e->retry_after = asked;
	if (class == RESPONSE_TRANSIENT || class == RESPONSE_REJECTED) {
		heed_unavailable(s, r, e, asked);
		lost = response_may_have_acted(r->status) && note_lost(c);
	}
	if (lost || !act_on(class, s, c, r, e, asked))
		response_deliver(s, c->item, lost ? CALL_LOST : CALL_FAILED, e, r->status);
}

/* Return why a body cannot be used, or NULL. Where nothing has to be read from it, it is emptied
 * instead. */
static const char *
why_unusable(const struct pending_call *c, const struct http_response *r, struct span *doc)
{
	const char *why = doc->n            ? json_check_loose(*doc, NULL)
			  : c->may_be_empty ? NULL
					    : "it is empty";
	bool enough = c->may_be_text || (c->id_header && http_header(r, c->id_header).n);
	if (!why || !enough)
		return why;
	*doc = (struct span){0};
	return NULL;
}

static void
on_success(struct service *s, const struct pending_call *c, const struct http_response *r,
	   struct failure *e)
{
	struct span doc = json_body(buf_all(&r->body));
	const char *why = why_unusable(c, r, &doc);
	if (!why && response_says_failed(s->profile, doc)) {
		on_refusal(s, c, r, e);
		return;
	}
	if (!why) {
		note_accepted(s, c->item, r);
		s->tool->done(
			s, c->item,
			&(struct call_result){
				.kind = CALL_OK, .doc = doc, .status = r->status, .response = r});
		return;
	}
	struct buf said = {0};
	body_text(&said, doc);
	failure_set(e, "bad_response", true, "HTTP %d, but the reply is not JSON: %s%s%s",
		    r->status, why, said.n ? ": " : "", buf_cstr(&said));
	buf_free(&said);
	e->http = r->status;
	if (note_lost(c))
		response_deliver(s, c->item, CALL_LOST, e, r->status);
	else if (c->question ? !question_again(s, c->item, e) : !response_retry(s, c->item, -1))
		response_deliver(s, c->item, CALL_FAILED, e, r->status);
}

static void
on_no_response(struct service *s, const struct pending_call *c, const struct http_response *r,
	       struct failure *e)
{
	struct service_item *it = c->item;
	bool too_large = r->end == HTTP_TOO_LARGE, untrusted = r->end == HTTP_UNTRUSTED;
	failure_set(e, too_large ? "bad_response" : "unavailable", !too_large && !untrusted,
		    "%s: %s", s->base_url, r->why);
	e->http = r->status;
	if ((r->end == HTTP_LOST || too_large) && note_lost(c)) {
		response_deliver(s, it, CALL_LOST, e, r->status);
		return;
	}
	/* a bad certificate among successes is another host's, and may be temporary */
	bool passes = !untrusted || s->accepted_once;
	if (too_large ? c->question && question_again(s, it, e)
		      : passes && response_retry(s, it, -1))
		return;
	if (untrusted)
		response_stop_run(s, EXIT_UNREACHABLE, e,
				  "the service cannot be verified: nothing was sent");
	else if (!s->reachable && !s->flow.stopping)
		response_stop_run(s, EXIT_UNREACHABLE, e,
				  http_url_loopback(s->base_url) && r->end == HTTP_UNSENT
					  ? "the service cannot be reached; start it on this "
					    "machine: tc-serve --media ."
					  : "the service cannot be reached");
	response_deliver(s, it, CALL_FAILED, e, r->status);
}

void
response_handle(struct service *s, const struct pending_call *c, const struct http_response *r)
{
	struct failure e = {0};
	if (c->url) {
		response_of_file(s, c, r);
		return;
	}
	msg_debug("line %zu: %d %s (%lld ms)", c->item->item.index + 1, r->status,
		  r->end == HTTP_ANSWERED ? "" : r->why,
		  (long long)((r->ended - r->began) / MILLISECOND));
	if (r->status) {
		s->reachable = true;
		note_clock_skew(s, r);
		throttle_note_limits(s, r);
	}
	if (r->end != HTTP_ANSWERED)
		on_no_response(s, c, r, &e);
	else if (r->status >= 200 && r->status < 300)
		on_success(s, c, r, &e);
	else
		on_refusal(s, c, r, &e);
	failure_free(&e);
}
