#include "service/question.h"

#include "base/clock.h"
#include "base/msg.h"
#include "flow/retry.h"

/* The longest backoff, in units of the first. */
enum { BACKOFF_GROWS = 60 };

/* Return whether the status may be the truth: there is no such job, or no such service. */
static bool
may_be_final(const struct service *s, const struct service_item *st, int status)
{
	bool unknown = status == 400 || status == 404 || status == 410;
	return (!st->made && unknown) || (!s->accepted_once && status == 403);
}

/* Return whether the odd responses have gone on for long enough to be believed. */
static bool
persists(const struct service *s, const struct service_item *st, int status)
{
	unsigned n = (unsigned)s->options.retries;
	if (!n || s->flow.stopping || (!s->accepted_once && status >= 300 && status < 400))
		return true;
	if (may_be_final(s, st, status))
		return st->odd >= n;
	return st->odd >= n * s->retry_factor &&
	       !(st->made && clock_now() < st->admitted_at + s->settle);
}

/* Warn once a run, since a batch may have thousands. A bare id may be mistyped: its only message is
 * the last one. */
static void
warn(struct service *s, const struct service_item *st, const struct failure *e)
{
	if (!st->made)
		return;
	struct buf where = {0};
	item_where(&where, &st->item);
	if (!s->odd_warned)
		msg_warn("%s: %.*s: this may be temporary; trying again", buf_cstr(&where),
			 (int)e->message.n, e->message.p ? e->message.p : "");
	buf_free(&where);
	s->odd_warned = true;
}

bool
question_again(struct service *s, struct service_item *st, struct failure *e)
{
	int64_t now = clock_now(), base = s->profile->backoff, most = s->profile->poll_cap;
	int64_t asked = e->retry_after > 0 ? e->retry_after : -1;
	if (!st->odd)
		st->odd_since = now;
	if (asked > s->options.max_wait || persists(s, st, e->http)) {
		if (st->odd)
			buf_fmt(&e->message, " (%u times in %lld s)", st->odd + 1,
				(long long)((now - st->odd_since + SECOND / 2) / SECOND));
		return false;
	}
	warn(s, st, e);
	/* not more slowly than the job would be polled anyway */
	base = base < most ? base : most;
	most = most < BACKOFF_GROWS * base ? most : BACKOFF_GROWS * base;
	int64_t own = retry_backoff(st->odd++, base, most, retry_chance());
	int64_t due = now + retry_wait(own, asked, retry_chance());
	flow_schedule(&s->flow, &st->item, due < s->deadline ? due : s->deadline);
	return true;
}

void
question_answered(struct service_item *st)
{
	st->odd = 0;
	st->made = true;
}
