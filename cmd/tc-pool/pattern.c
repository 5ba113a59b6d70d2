#include "pattern.h"

#include <stdlib.h>

const char *
pattern_compile(struct pattern *p, const char *ere)
{
	static char why[200];
	pattern_free(p);
	p->ere = ere;
	int e = *ere ? regcomp(&p->re, ere, REG_EXTENDED | REG_NOSUB | REG_NEWLINE) : 0;
	if (e) {
		regerror(e, &p->re, why, sizeof why);
		return why;
	}
	p->compiled = *ere != '\0';
	return NULL;
}

const char *
pattern_option(void *to, const char *value)
{
	return pattern_compile(to, value);
}

bool
pattern_matches(const struct pattern *p, struct span text)
{
	if (!text.n || !p->compiled)
		return false;
	char *copy = mem_dup(text);
	for (size_t i = 0; i < text.n; i++)
		if (!copy[i])
			copy[i] = ' '; /* regexec() would stop there */
	bool found = regexec(&p->re, copy, 0, NULL, 0) == 0;
	free(copy);
	return found;
}

void
pattern_free(struct pattern *p)
{
	if (p->compiled)
		regfree(&p->re);
	*p = (struct pattern){0};
}
