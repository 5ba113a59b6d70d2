#include "halt.h"

#include <stdlib.h>
#include <string.h>

const char *
halt_option(void *to, const char *value)
{
	struct halt *h = to;
	char *end;
	*h = (struct halt){0};
	if (strcmp(value, "never") == 0)
		return NULL;
	h->now = strncmp(value, "now,", 4) == 0;
	if ((!h->now && strncmp(value, "soon,", 5) != 0) ||
	    strncmp(value + 5 - h->now, "fail=", 5) != 0)
		return "expected never, soon,fail=N[%] or now,fail=N[%]";
	const char *n = value + 10 - h->now;
	h->limit = *n >= '0' && *n <= '9' ? strtol(n, &end, 10) : 0;
	if (h->limit >= 1 && *end == '%') {
		h->percent = true;
		end++;
	}
	if (h->limit < 1 || *end || (h->percent && h->limit > 100))
		return "expected N from 1, or a percentage from 1% to 100%";
	h->on = true;
	return NULL;
}

bool
halt_due(const struct halt *h, const struct counts *c)
{
	double failed = (double)c->failed, limit = (double)h->limit;
	if (!h->on || !c->failed)
		return false;
	if (h->percent)
		return c->all_read && 100 * failed >= limit * (double)c->in;
	return failed >= limit;
}
