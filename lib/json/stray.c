#include <string.h>

#include "json/template.h"

static bool
is_listed(const char *names, struct span word)
{
	for (const char *p = names; *p; p += strcspn(p, " "), p += *p == ' ')
		if (strcspn(p, " ") == word.n && memcmp(p, word.p, word.n) == 0)
			return true;
	return false;
}

bool
template_stray(const char *text, const char *names, struct span *word)
{
	for (const char *p = text; (p = strchr(p, '{')); p++) {
		size_t n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_");
		if (!n || p[n + 1] != '}' || is_listed(names, (struct span){p + 1, n}))
			continue;
		*word = (struct span){p, n + 2};
		return true;
	}
	return false;
}
