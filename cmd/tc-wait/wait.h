/*
 * tc-wait: waits until each job has ended.
 *
 *	main.c       options, and an item's way through the run
 *	poll.c       when a job is polled next, and what its state means for it
 *	batchpoll.c  one list call for many jobs
 *	events.c     -e: job events from outside
 */
#ifndef TC_WAIT_WAIT_H
#define TC_WAIT_WAIT_H

#include "base/htab.h"
#include "base/seen.h"
#include "batchpoll.h"
#include "events.h"
#include "service/jobstate.h"

struct wait {
	struct service service; /* first: callbacks get its address */
	int64_t interval,
		max_interval; /* between polls of a job: grows from the one to the other */
	int64_t first_delay;  /* before the first poll: interval, or with -e max_interval */
	int64_t timeout;      /* for each job, from its admission; 0: none */
	int64_t deadline, deadline_given; /* for all jobs: monotonic, NEVER: none; and as given,
					     from the start */
	bool accept_partial;
	size_t given_up; /* jobs that still run, without a message of their own */
	struct batchpoll batch;
	struct buf carrier_job; /* the object of the batch's carrier, as listed */
	struct events events;
	struct htab jobs;         /* with -e: those that are waited for, by id */
	struct seen early_events; /* with -e: ids that were named before their lines came */
};

struct job {
	struct service_item step; /* first: callbacks get its address */
	struct record line;
	struct jobstate remote;
	unsigned polls; /* answered ones since the interval last started to grow */
	struct batchpoll_job batched;
	struct htab_node node; /* in wait.jobs, if it has a name */
	bool event_pending;    /* an event came and the job was not polled since */
	bool event_seen;       /* an event came at some time */
};

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

/* Poll the job at `due`, or when its time is over if that is earlier. */
void poll_at(struct wait *w, struct job *j, int64_t due);

/* Act on the job's state: poll it again later, or end it with its record. */
void poll_on_state(struct wait *w, struct job *j);

/* Handle the result of a call: the job's own, or the batch's. */
void poll_response(struct service *s, struct service_item *it, const struct call_result *r);

/* End the job with its record as far as it is known; e NULL: it succeeded. */
void poll_finish(struct wait *w, struct job *j, const struct failure *e);

/* End the job if its time or that of the run is over. Return true if so. */
bool poll_give_up(struct wait *w, struct job *j);

/* End the job because of a signal. */
void poll_interrupt(struct wait *w, struct job *j);

#endif
