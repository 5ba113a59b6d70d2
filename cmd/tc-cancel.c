/*
 * tc-cancel: cancels jobs. What became of each is asked for afterwards, for a
 * job may have ended before the order came, and an order whose answer was lost
 * may have come all the same.
 */
#include <stdlib.h>
#include <string.h>

#include "service/jobstate.h"
#include "base/msg.h"
#include "service/question.h"

struct job {
	struct service_item step;
	struct record line;
	struct jobstate remote;
	bool ordered;           /* the order was answered: how the job is comes next */
	bool may_have_come;     /* the order, or one whose answer was lost: a job that is gone is canceled */
	struct failure refused; /* how, if it was not taken */
};

static struct job *
job_of(struct service_item *it)
{
	return (struct job *)(void *)it;
}

static void
finish(struct service *s, struct job *j, const struct failure *e)
{
	jobstate_finish(s, &j->step.item, &j->line, &j->remote, e);
}

/* A job that is known to have ended, or what came of the order. */
static void
finish_by_state(struct service *s, struct job *j)
{
	struct failure e = {0};
	if (j->remote.state == STATE_CANCELED) {
		finish(s, j, NULL);
	} else if (j->remote.status && state_ended(j->remote.state) && j->remote.state != STATE_BLOCKED) {
		failure_set(&e, "rejected", false, "the job has ended already (%s)", j->remote.status);
		finish(s, j, &e);
	} else {
		/* taken, and still on its way; or refused for a reason of the service's */
		finish(s, j, j->refused.code ? &j->refused : NULL);
	}
	failure_free(&e);
}

static void
admit(struct service *s, struct service_item *it)
{
	struct job *j = job_of(it);
	if (!item_read_job(&s->flow, &it->item, &j->line, s->profile->name, &j->remote.id))
		return;
	j->step.made = j->may_have_come = j->line.kind == RECORD_RECORD;
	if (jobstate_from_ledger(s, &j->remote)) {
		flow_replayed(&it->item);
		finish_by_state(s, j);
	} else {
		flow_schedule(&s->flow, &it->item, 0);
	}
}

static void
start(struct service *s, struct service_item *it)
{
	struct job *j = job_of(it);
	struct template_value id = {.name = "id", .value = j->remote.id};
	struct call_request ask = {.call = j->ordered ? &s->profile->get : &s->profile->cancel, .fills = &id, .fills_n = 1,
			  .question = j->ordered, .may_be_empty = !j->ordered};
	if (j->ordered)
		ask.final = &s->profile->cancel_gone;
	else if (j->step.failures)
		j->may_have_come = true;
	service_call(s, &j->step, &ask);
}

/* The order's answer: a job that it shows as canceled is done with, any other is asked about. */
static void
on_ordered(struct service *s, struct job *j, const struct call_result *r)
{
	j->ordered = true;
	if (r->kind != CALL_OK && strcmp(r->error->code, "rejected") != 0) {
		finish(s, j, r->error);
		return;
	}
	if (r->kind != CALL_OK) {
		failure_set(&j->refused, "rejected", false, "%.*s", (int)r->error->message.n, r->error->message.p);
		j->refused.http = r->status;
	} else if (r->doc.n && jobstate_update(s, &j->step.item, &j->remote, service_job(s, r->doc)) &&
		   j->remote.state == STATE_CANCELED) {
		finish(s, j, NULL);
		return;
	} else {
		j->may_have_come = true;
		failure_free(&j->refused);
	}
	flow_schedule(&s->flow, &j->step.item, 0);
}

/* The service deletes what is canceled. */
static void
gone(struct service *s, struct job *j)
{
	free(j->remote.status);
	j->remote.status = mem_dup(span_of(state_name(STATE_CANCELED)));
	j->remote.state = STATE_CANCELED;
	finish(s, j, NULL);
}

/* The order was refused as if there were no such job, and there is one that goes on: it is given again. */
static bool
order_again(struct service *s, struct job *j)
{
	if (!j->refused.code || state_ended(j->remote.state) || !question_again(s, &j->step, &j->refused))
		return false;
	j->ordered = false;
	return true;
}

static void
on_result(struct service *s, struct service_item *it, const struct call_result *r)
{
	struct job *j = job_of(it);
	struct failure e = {.http = r->status};
	if (!j->ordered) {
		on_ordered(s, j, r);
	} else if (r->kind != CALL_OK && j->may_have_come && numbers_have(&s->profile->cancel_gone, r->status)) {
		gone(s, j);
	} else if (r->kind != CALL_OK) {
		finish(s, j, j->refused.code ? &j->refused : r->error);
	} else if (jobstate_update(s, &it->item, &j->remote, service_job(s, r->doc))) {
		if (!order_again(s, j))
			finish_by_state(s, j);
	} else {
		failure_set(&e, "bad_response", false, "HTTP %d, but the reply has no status in it", r->status);
		if (!question_again(s, it, &e))
			finish(s, j, &e);
	}
	failure_free(&e);
}

static void
abandon(struct service *s, struct service_item *it, bool interrupted)
{
	struct failure e = {0};
	struct job *j = job_of(it);
	service_not_started(s, it, interrupted, j->ordered ? "how the job is was not heard" : "the job goes on", &e);
	finish(s, j, &e);
	failure_free(&e);
}

static void
release(struct service_item *it)
{
	struct job *j = job_of(it);
	record_free(&j->line);
	jobstate_free(&j->remote);
	failure_free(&j->refused);
}

int
main(int argc, char **argv)
{
	static struct service s;
	static const struct service_tool tool = {
		.usage = "[options] [job-id ...]",
		.about = "Cancel the job of each line: a record, or a bare job id.",
		.item_size = sizeof(struct job),
		.admit = admit,
		.start = start,
		.done = on_result,
		.abandon = abandon,
		.release = release,
	};
	service_start(&s, &tool, argc, argv);
	if (!s.profile->cancel.method)
		msg_die(EXIT_BAD_CONFIG, "profile %s: /cancel: missing: this service has no call for it", s.profile->name);
	service_ledger(&s, NULL);
	int status = service_run(&s);
	service_free(&s);
	return status;
}
