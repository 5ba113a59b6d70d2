/* tc-confirm: start the job of each line, which waits for its price to be confirmed. */
#include "service/order.h"

static const struct call *
call(const struct profile *p)
{
	return &p->confirm;
}

/* A job that no longer waits was confirmed, by us or earlier. */
static enum order_outcome
outcome(enum state state)
{
	switch (state) {
	case STATE_BLOCKED:
		return ORDER_PENDING;
	case STATE_FAILED:
	case STATE_CANCELED:
		return ORDER_TOO_LATE;
	default:
		return ORDER_CARRIED_OUT;
	}
}

/* A confirmed job is never gone. */
static const struct numbers *
gone(const struct profile *p)
{
	static const struct numbers none;
	(void)p;
	return &none;
}

int
main(int argc, char **argv)
{
	static const struct order confirm = {
		.name = "confirm",
		.about = "Confirm the job of each line, which waits for it: a record, or a bare "
			 "job id.",
		.undone = "the job still waits to be confirmed",
		.call = call,
		.outcome = outcome,
		.gone = gone,
	};
	return order_run(&confirm, argc, argv);
}
