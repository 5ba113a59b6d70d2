/* What the files of tc-wait share: the run, and a job of it. */
#ifndef TC_WAIT_WAIT_H
#define TC_WAIT_WAIT_H

#include "events.h"
#include "service/jobstate.h"
#include "base/htab.h"
#include "base/seen.h"
#include "batchpoll.h"

struct wait {
	struct service service;
	int64_t interval, max_interval;  /* intervals between questions about one job grow from the one to the other */
	int64_t first_delay;          /* before the first one: soon; or with -e, longest */
	int64_t timeout;        /* for one job, 0: none */
	int64_t deadline;       /* for all, monotonic; NEVER: none */
	bool accept_partial;
	size_t left;            /* jobs that go on, and that nobody waits for any more */
	struct batchpoll sweep;
	struct buf carrier_job;         /* what a sweep shows of its carrier */
	struct events events;
	struct htab jobs;      /* with -e: those waited for, by id */
	struct seen early_events;      /* with -e: ids that were named before their lines came */
};

struct job {
	struct service_item step;
	struct record line;
	struct jobstate remote;
	unsigned polls;    /* answered questions */
	struct batchpoll_job swept;
	struct htab_node node;
	bool event_pending, event_seen;  /* there is word of it that was not asked about yet; there ever was */
};

/* An item begins a job, a service a run. */
static inline struct job *
job_of(struct service_item *it)
{
	return (struct job *)(void *)it;
}

static inline struct wait *
wait_of(struct service *s)
{
	return (struct wait *)(void *)s;
}

/* The job's record, as far as it is known; e NULL: it ended well. */
void poll_finish(struct wait *w, struct job *j, const struct failure *e);

/* A question that was not answered, and is not asked again: the job goes on. */
void wait_refused(struct wait *w, struct job *j, struct failure *e);

/* The next question, but never later than the time at which the job is given up. */
void poll_at(struct wait *w, struct job *j, int64_t due);

/* answer.c: what the job's state means for it; the service's answers. */
void poll_on_state(struct wait *w, struct job *j);
void poll_response(struct service *s, struct service_item *it, const struct call_result *r);

#endif
