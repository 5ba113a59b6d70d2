/* tc-cancel: cancel the job of each line. */
#include "service/order.h"

static const struct call *
call(const struct profile *p)
{
	return &p->cancel;
}

static enum order_outcome
outcome(enum state state)
{
	if (state == STATE_CANCELED)
		return ORDER_CARRIED_OUT;
	return state_ended(state) && state != STATE_BLOCKED ? ORDER_TOO_LATE : ORDER_PENDING;
}

static const struct numbers *
gone(const struct profile *p)
{
	return &p->cancel_gone;
}

int
main(int argc, char **argv)
{
	static const struct order cancel = {
		.name = "cancel",
		.about = "Cancel the job of each line: a record, or a bare job id.",
		.undone = "the job goes on",
		.call = call,
		.outcome = outcome,
		.gone = gone,
	};
	return order_run(&cancel, argc, argv);
}
