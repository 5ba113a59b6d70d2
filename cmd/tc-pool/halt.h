/* The --halt policy: never, soon,fail=N[%] or now,fail=N[%]. */
#ifndef TC_POOL_HALT_H
#define TC_POOL_HALT_H

#include <stdbool.h>

#include "flow/progress.h"

struct halt {
	bool on, now, percent;
	long limit;
};

/* Parse the value of --halt, an OPT_CALL; to is a struct halt. */
const char *halt_option(void *to, const char *value);

/*
 * Return true if it is time to stop. A percentage is of all lines, so it is
 * known when all are read.
 */
bool halt_due(const struct halt *h, const struct counts *c);

#endif
