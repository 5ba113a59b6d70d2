/* White space: blank, tab, line feed and carriage return, as in JSON and in headers. */
#ifndef TC_BASE_SPACE_H
#define TC_BASE_SPACE_H

#include <stdbool.h>

#include "base/buf.h"

static inline bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Return s without white space at its end, or around it. */
static inline struct span
span_trim_end(struct span s)
{
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

static inline struct span
span_trim(struct span s)
{
	while (s.n && is_space(*s.p))
		s.p++, s.n--;
	return span_trim_end(s);
}

#endif
