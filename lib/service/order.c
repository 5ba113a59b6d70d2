/*
 * An order to jobs, for tc-cancel and tc-confirm. The job is polled afterwards,
 * because it may have ended before the order arrived, and an order whose
 * response was lost may have arrived. If the order removes the job, the job is
 * also polled before: the order would remove the result of one that has ended.
 */
#include "service/order.h"

#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "service/jobstate.h"
#include "service/question.h"

struct job {
	struct service_item step; /* first: callbacks get its address */
	struct record line;
	struct jobstate remote;
	bool to_look;          /* the next call polls the job, to see whether an order is needed */
	bool ordered;          /* the order got its response: the next call polls the job */
	bool may_have_arrived; /* the order was sent, perhaps with its response lost: a job that is
				  gone was canceled by it */
	bool waited;           /* it waited for the order, or may have got it: if it goes on, it was
				  carried out */
	struct failure refused; /* why the order was refused, if it was */
};

static struct job *
job_of(struct service_item *it)
{
	return (struct job *)(void *)it;
}

/* The order of the run. */
static const struct order *order;
static bool dry_run;

static const struct opt options[] = {
	{OPT_FLAG, 'n', "dry-run", NULL, "print the state of each job, and do nothing else",
	 &dry_run, 0, 0, 0},
	{0},
};

static void
finish(struct service *s, struct job *j, const struct failure *e)
{
	jobstate_finish(s, &j->step.item, &j->line, &j->remote, e);
}

/*
 * Return what the job's state says of the order. A job that refused it and goes
 * on, but was never seen to wait for it, does not wait yet.
 */
static enum order_outcome
outcome_of(const struct job *j)
{
	enum order_outcome outcome =
		j->remote.status ? order->outcome(j->remote.state) : ORDER_PENDING;
	bool too_early = j->refused.code && !j->waited && !state_ended(j->remote.state);
	return outcome == ORDER_CARRIED_OUT && too_early ? ORDER_PENDING : outcome;
}

/* Return true if the line is a record of a job that waits for the order, or does not say. */
static bool
line_waits(struct job *j)
{
	char *state = j->step.made ? record_text(&j->line, "state") : NULL;
	bool waits = !state || strcmp(state, state_name(STATE_BLOCKED)) == 0;
	free(state);
	return waits;
}

/* End a job whose state is known: the order was carried out, came too late, or was refused. */
static void
finish_by_state(struct service *s, struct job *j)
{
	struct failure e = {0};
	switch (outcome_of(j)) {
	case ORDER_CARRIED_OUT:
		finish(s, j, NULL);
		break;
	case ORDER_TOO_LATE:
		failure_set(&e, "rejected", false, "the job has ended already (%s)",
			    j->remote.status);
		finish(s, j, &e);
		break;
	case ORDER_PENDING:
		/* accepted and not carried out yet, or refused for some other reason */
		finish(s, j, j->refused.code ? &j->refused : NULL);
	}
	failure_free(&e);
}

static void
admit(struct service *s, struct service_item *it)
{
	struct job *j = job_of(it);
	if (!item_read_job(&s->flow, &it->item, &j->line, s->profile->name, true, &j->remote.id))
		return;
	j->step.made = j->line.kind == RECORD_RECORD;
	j->may_have_arrived = j->step.made && !dry_run;
	j->ordered = dry_run;
	j->waited = line_waits(j);
	j->to_look = !dry_run && order->gone(s->profile)->n;
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
	bool question = j->to_look || j->ordered;
	struct call_request request = {.call = question ? &s->profile->get
							: order->call(s->profile),
				       .fills = &id,
				       .fills_n = 1,
				       .question = question,
				       .may_be_empty = !question,
				       .may_be_text = !question};
	if (question)
		request.final = order->gone(s->profile);
	else if (j->step.failures)
		j->may_have_arrived = j->waited = true;
	service_call(s, it, &request);
}

/*
 * Handle the state before the order: a job that has ended gets no order. One
 * that is not found does, because it may be too new.
 */
static void
on_look(struct service *s, struct job *j, const struct call_result *r)
{
	j->to_look = false;
	if (r->kind != CALL_OK && strcmp(r->error->code, "rejected") != 0) {
		finish(s, j, r->error);
		return;
	}
	if (r->kind == CALL_OK &&
	    jobstate_update(s, &j->step.item, &j->remote, service_job(s, r->doc)) &&
	    order->outcome(j->remote.state) != ORDER_PENDING)
		finish_by_state(s, j);
	else
		flow_schedule(&s->flow, &j->step.item, 0);
}

/* Handle the response to the order: a job that it shows as done is finished, any other is polled.
 */
static void
on_ordered(struct service *s, struct job *j, const struct call_result *r)
{
	j->ordered = true;
	if (r->kind != CALL_OK && strcmp(r->error->code, "rejected") != 0) {
		finish(s, j, r->error);
		return;
	}
	if (r->kind != CALL_OK) {
		failure_set(&j->refused, "rejected", false, "%.*s", (int)r->error->message.n,
			    r->error->message.p);
		j->refused.http = r->status;
	} else if (r->doc.n &&
		   jobstate_update(s, &j->step.item, &j->remote, service_job(s, r->doc)) &&
		   order->outcome(j->remote.state) == ORDER_CARRIED_OUT) {
		finish(s, j, NULL);
		return;
	} else {
		j->may_have_arrived = true;
		failure_free(&j->refused);
	}
	flow_schedule(&s->flow, &j->step.item, 0);
}

/* Finish a job that the order removed from the service. */
static void
finish_gone(struct service *s, struct job *j)
{
	free(j->remote.status);
	j->remote.status = mem_dup(span_of(state_name(STATE_CANCELED)));
	j->remote.state = STATE_CANCELED;
	finish(s, j, NULL);
}

/* Send the order again if it was refused as if the job did not exist, or did not wait for it yet.
 */
static bool
order_again(struct service *s, struct job *j)
{
	if (!j->refused.code || outcome_of(j) != ORDER_PENDING ||
	    !question_again(s, &j->step, &j->refused))
		return false;
	j->ordered = false;
	return true;
}

static void
on_result(struct service *s, struct service_item *it, const struct call_result *r)
{
	struct job *j = job_of(it);
	struct failure e = {.http = r->status};
	if (j->to_look) {
		on_look(s, j, r);
	} else if (!j->ordered) {
		on_ordered(s, j, r);
	} else if (r->kind != CALL_OK && j->may_have_arrived &&
		   numbers_have(order->gone(s->profile), r->status)) {
		finish_gone(s, j);
	} else if (r->kind != CALL_OK) {
		finish(s, j, j->refused.code ? &j->refused : r->error);
	} else if (jobstate_update(s, &it->item, &j->remote, service_job(s, r->doc))) {
		if (!order_again(s, j))
			finish_by_state(s, j);
	} else {
		failure_set(&e, "bad_response", false, "HTTP %d, but the reply has no status in it",
			    r->status);
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
	service_not_started(s, it, interrupted,
			    j->ordered ? "the job's state is not known" : order->undone, &e);
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
order_run(const struct order *o, int argc, char **argv)
{
	static struct service s;
	const struct service_tool tool = {
		.usage = "[options] [job-id ...]",
		.about = o->about,
		.options = options,
		.item_size = sizeof(struct job),
		.admit = admit,
		.start = start,
		.done = on_result,
		.abandon = abandon,
		.release = release,
	};
	order = o;
	service_start(&s, &tool, argc, argv);
	if (!o->call(s.profile)->method)
		msg_die(EXIT_BAD_CONFIG,
			"profile %s: /%s: missing: this service has no call for it",
			s.profile->name, o->name);
	service_ledger(&s, NULL, NULL);
	int status = service_run(&s);
	service_free(&s);
	return status;
}
