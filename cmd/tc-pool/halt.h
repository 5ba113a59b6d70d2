/* When enough has failed: --halt never | soon,fail=N[%] | now,fail=N[%]. */
#ifndef TC_POOL_HALT_H
#define TC_POOL_HALT_H

#include <stdbool.h>

#include "flow/progress.h"

struct halt {
	bool on, now, percent;
	long limit;
};

/* An OPT_CALL; to is a struct halt. */
const char *halt_option(void *to, const char *value);

/* True when it is time to stop. A percentage is of all lines, so nothing is said before all are read. */
bool halt_due(const struct halt *h, const struct counts *c);

#endif
