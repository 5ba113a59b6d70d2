#include "base/xml.h"

#include <string.h>
#include <strings.h>

#include "base/space.h"

struct span
xml_text(struct span doc, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i + n + 1 < doc.n; i++) {
		const char *tag = doc.p + i + 1, *end = doc.p + doc.n;
		if (doc.p[i] != '<' || strncasecmp(tag, name, n) != 0 ||
		    !(tag[n] == '>' || is_space(tag[n])))
			continue;
		const char *from = memchr(tag, '>', (size_t)(end - tag));
		const char *to = from ? memchr(from, '<', (size_t)(end - from)) : NULL;
		return to ? (struct span){from + 1, (size_t)(to - from) - 1} : (struct span){0};
	}
	return (struct span){0};
}
