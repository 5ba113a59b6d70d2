/* The results that a response can have: one for the tool, another try, the end of the run. */
#include "base/clock.h"
#include "base/msg.h"
#include "flow/retry.h"
#include "service/response.h"

enum {
	UNREACHED_RETRIES = 3, /* while the service has not responded yet, unless --retries says */
	BACKOFF_GROWS = 60,    /* the longest backoff, in units of the first */
};

void
response_stop_run(struct service *s, int status, const struct failure *e, const char *hint)
{
	const char *secret = s->options.key_file ? s->options.key_file : s->profile->key_env;
	if (!s->refusal_reported)
		msg_error("%s: %.*s: %s%s", s->profile->name, (int)e->message.n,
			  e->message.p ? e->message.p : "", hint,
			  status == EXIT_REFUSED && secret ? secret : "");
	s->refusal_reported = true;
	flow_stop(&s->flow, status);
}

void
response_deliver(struct service *s, struct service_item *it, enum call_kind kind, struct failure *e,
		 int status)
{
	s->tool->done(s, it, &(struct call_result){.kind = kind, .error = e, .status = status});
}

/* Return how many retries a call has; capped until the service has responded once. */
static unsigned
retries_allowed(const struct service *s)
{
	unsigned n = (unsigned)s->options.retries;
	if (s->reachable)
		return n * s->retry_factor;
	return s->options.retries_given || n < UNREACHED_RETRIES ? n : UNREACHED_RETRIES;
}

bool
response_retry(struct service *s, struct service_item *it, int64_t asked)
{
	if (asked > s->options.max_wait || it->failures >= retries_allowed(s) || s->flow.stopping)
		return false;
	int64_t base = s->profile->backoff,
		own = retry_backoff(it->failures++, base, BACKOFF_GROWS * base, retry_chance());
	flow_schedule(&s->flow, &it->item, clock_now() + retry_wait(own, asked, retry_chance()));
	return true;
}
