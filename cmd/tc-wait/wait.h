/* What the files of tc-wait share: the run, and a job of it. */
#ifndef TC_WAIT_H
#define TC_WAIT_H

#include "events.h"
#include "jobstate.h"
#include "names.h"
#include "seen.h"
#include "sweep.h"

struct wait {
	struct service service;
	int64_t soon, longest;  /* intervals between questions about one job grow from the one to the other */
	int64_t first;          /* before the first one: soon; or with -e, longest */
	int64_t timeout;        /* for one job, 0: none */
	int64_t deadline;       /* for all, monotonic; NEVER: none */
	bool accept_partial;
	size_t left;            /* jobs that go on, and that nobody waits for any more */
	struct sweep sweep;
	struct buf own;         /* what a sweep shows of its carrier */
	struct events events;
	struct names jobs;      /* with -e: those waited for, by id */
	struct seen early;      /* with -e: ids that were named before their lines came */
};

struct job {
	struct step step;
	struct record line;
	struct jobstate told;
	unsigned asked;    /* answered questions */
	struct sweep_job swept;
	struct name_node node;
	bool news, named;  /* there is word of it that was not asked about yet; there ever was */
};

/* An item begins a job, a service a run. */
static inline struct job *
job_of(struct item *it)
{
	return (struct job *)(void *)it;
}

static inline struct wait *
wait_of(struct service *s)
{
	return (struct wait *)(void *)s;
}

/* The job's record, as far as it is known; e NULL: it ended well. */
void wait_finish(struct wait *w, struct job *j, const struct failure *e);

/* A question that was not answered, and is not asked again: the job goes on. */
void wait_refused(struct wait *w, struct job *j, struct failure *e);

/* The next question, but never later than the time at which the job is given up. */
void wait_ask_at(struct wait *w, struct job *j, int64_t due);

/* answer.c: what the job's state means for it; the service's answers. */
void wait_on_state(struct wait *w, struct job *j);
void wait_answer(struct service *s, struct step *st, const struct answer *a);

#endif
