/* Violations of a request's rules. */
#ifndef TC_SERVE_API_VIOLATIONS_H
#define TC_SERVE_API_VIOLATIONS_H

#include <stddef.h>

#include "base/buf.h"

/* A list of them; all zero is empty. */
struct violations {
	struct violation {
		char *field, *what;
	} * v;
	size_t n;
};

/* Add one: the path of the field that breaks a rule, and what the rule is. */
void violation_add(struct violations *l, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void violations_free(struct violations *l);

#endif
