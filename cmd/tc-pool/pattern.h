/* An extended regular expression from the command line, to match a command's stderr. */
#ifndef TC_POOL_PATTERN_H
#define TC_POOL_PATTERN_H

#include <regex.h>
#include <stdbool.h>

#include "base/buf.h"

/* All zero: no pattern was given. */
struct pattern {
	const char *ere; /* borrowed; "" matches nothing */
	regex_t re;
	bool compiled;
};

/* Parse the value of an OPT_CALL; to is a struct pattern. Return NULL, or why the value cannot be
 * used (until the next call). */
const char *pattern_option(void *to, const char *value);

/* Compile `ere`, which must outlive the pattern. Return as pattern_option() does. */
const char *pattern_compile(struct pattern *p, const char *ere);

/* Return true if a line of text matches. */
bool pattern_matches(const struct pattern *p, struct span text);
void pattern_free(struct pattern *p);

#endif
