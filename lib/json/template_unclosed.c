#include <string.h>

#include "json/template.h"

struct span
template_unclosed(struct span json)
{
	const char *end = json.p + json.n, *open = NULL;
	bool inside = false;
	for (const char *p = json.p; p < end; p++) {
		if (*p == '"') {
			if (open)
				return (struct span){open, (size_t)(p - open)};
			inside = !inside;
		} else if (*p == '\\') {
			p++;
		} else if (inside && *p == '{' && p + 1 < end && p[1] == '/' && !open) {
			open = p;
		} else if (*p == '}') {
			open = NULL;
		}
	}
	return (struct span){0};
}
