/* The variables of a profile: ${NAME} in its text. */
#include <string.h>

#include "service/profile.h"

bool
profile_each_variable(const char *text, bool (*hit)(void *, struct span), void *ctx)
{
	for (const char *p = text ? strstr(text, "${") : NULL; p; p = strstr(p, "${")) {
		size_t n = strspn(
			p + 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
		p += 2;
		if (p[n] == '}' && n && !hit(ctx, (struct span){p, n}))
			return false;
	}
	return true;
}

const struct variable *
profile_variable(const struct profile *p, struct span name)
{
	for (size_t i = 0; i < p->variables_n; i++)
		if (span_is(name, p->variables[i].name))
			return &p->variables[i];
	return NULL;
}
