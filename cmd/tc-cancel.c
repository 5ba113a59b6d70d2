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
job_of(struct item *it)
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
admit(struct flow *f, struct item *it)
{
	struct service *s = f->tool;
	struct job *j = job_of(it);
	if (!item_read_job(f, it, &j->line, s->profile->name, &j->remote.id))
		return;
	j->step.made = j->may_have_come = j->line.kind == RECORD_RECORD;
	if (jobstate_from_ledger(s, &j->remote))
		finish_by_state(s, j);
	else
		flow_schedule(f, it, 0);
}

static void
start(struct flow *f, struct item *it)
{
	struct service *s = f->tool;
	struct job *j = job_of(it);
	struct template_value id = {.name = "id", .value = j->remote.id};
	struct call_request ask = {.call = j->ordered ? &s->profile->get : &s->profile->cancel, .fills = &id, .fills_n = 1,
			  .question = j->ordered, .unread = !j->ordered};
	if (j->ordered)
		ask.final = &s->profile->cancel_gone;
	else if (j->step.failures)
		j->may_have_come = true;
	service_call(s, &j->step, &ask);
}

/* The order's answer: a job that it shows as canceled is done with, any other is asked about. */
static void
on_ordered(struct service *s, struct job *j, const struct call_result *a)
{
	j->ordered = true;
	if (a->kind != CALL_OK && strcmp(a->error->code, "rejected") != 0) {
		finish(s, j, a->error);
		return;
	}
	if (a->kind != CALL_OK) {
		failure_set(&j->refused, "rejected", false, "%.*s", (int)a->error->message.n, a->error->message.p);
		j->refused.http = a->status;
	} else if (a->doc.n && jobstate_update(s, &j->step.item, &j->remote, service_job(s, a->doc)) &&
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
answer(struct service *s, struct service_item *st, const struct call_result *a)
{
	struct job *j = job_of(&st->item);
	struct failure e = {.http = a->status};
	if (!j->ordered) {
		on_ordered(s, j, a);
	} else if (a->kind != CALL_OK && j->may_have_come && numbers_have(&s->profile->cancel_gone, a->status)) {
		gone(s, j);
	} else if (a->kind != CALL_OK) {
		finish(s, j, j->refused.code ? &j->refused : a->error);
	} else if (jobstate_update(s, &st->item, &j->remote, service_job(s, a->doc))) {
		if (!order_again(s, j))
			finish_by_state(s, j);
	} else {
		failure_set(&e, "bad_response", false, "HTTP %d, but the reply has no status in it", a->status);
		if (!question_again(s, st, &e))
			finish(s, j, &e);
	}
	failure_free(&e);
}

static void
abandon(struct flow *f, struct item *it, bool interrupted)
{
	struct failure e = {0};
	struct job *j = job_of(it);
	service_not_started(f->tool, &j->step, interrupted, j->ordered ? "how the job is was not heard" : "the job goes on", &e);
	finish(f->tool, j, &e);
	failure_free(&e);
}

static void
release(struct item *it)
{
	struct job *j = job_of(it);
	record_free(&j->line);
	jobstate_free(&j->remote);
	failure_free(&j->refused);
}

static const struct flow_ops ops = {
	.item_size = sizeof(struct job),
	.admit = admit,
	.ready = service_ready,
	.start = start,
	.commit = service_commit,
	.abandon = abandon,
	.wait = service_wait,
	.stop = service_stop,
	.release = release,
};

int
main(int argc, char **argv)
{
	static const struct opt options[] = {{0}};
	static struct service s;
	static const struct service_tool tool = {
		.usage = "[options] [job-id ...]",
		.about = "Cancel the job of each line: a record, or a bare job id.",
		.options = options,
		.ops = &ops,
		.answer = answer,
	};
	service_start(&s, &tool, argc, argv);
	if (!s.profile->cancel.method)
		msg_die(EXIT_BAD_CONFIG, "profile %s: /cancel: missing: this service has no call for it", s.profile->name);
	service_ledger(&s, NULL);
	int status = service_run(&s);
	service_free(&s);
	return status;
}
