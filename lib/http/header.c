/* The header lines of a response. */
#include <string.h>
#include <strings.h>

#include "base/space.h"
#include "http/http.h"

bool
http_header_next(const struct http_response *r, const char *name, size_t *at, struct span *value)
{
	size_t n = strlen(name);
	while (*at < r->head.n) {
		const char *p = r->head.p + *at, *end = r->head.p + r->head.n, *v = p + n + 1;
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		if (!eol)
			eol = end;
		*at += (size_t)(eol - p) + 1;
		if ((size_t)(eol - p) <= n || p[n] != ':' || strncasecmp(p, name, n) != 0)
			continue;
		*value = span_trim((struct span){v, (size_t)(eol - v)});
		return true;
	}
	return false;
}

struct span
http_header(const struct http_response *r, const char *name)
{
	struct span found = {"", 0};
	for (size_t at = 0; http_header_next(r, name, &at, &found);)
		continue;
	return found;
}
