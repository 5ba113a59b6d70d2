/* An order to the job of each line: what tc-cancel and tc-confirm share. */
#ifndef TC_SERVICE_ORDER_H
#define TC_SERVICE_ORDER_H

#include "service/profile.h"

/* What a job's state says about the order. */
enum order_outcome {
	ORDER_CARRIED_OUT,
	ORDER_TOO_LATE, /* the job had ended */
	ORDER_PENDING,  /* accepted but not carried out yet, or refused */
};

struct order {
	const char *name;   /* of the call in the profile */
	const char *about;  /* one sentence for --help */
	const char *undone; /* what is true of a job that the order did not reach */
	const struct call *(*call)(const struct profile *p);
	enum order_outcome (*outcome)(enum state state);
	/* Return the statuses of get that mean that the order removed the job; an empty list if it
	 * never does. */
	const struct numbers *(*gone)(const struct profile *p);
};

/* Be main(): give the order for each line; return the exit status. */
int order_run(const struct order *o, int argc, char **argv);

#endif
