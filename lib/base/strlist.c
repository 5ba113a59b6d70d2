#include "base/strlist.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void
strings_add(struct strings *s, char *text)
{
	s->v = mem_room(s->v, s->n + 1, sizeof *s->v);
	s->v[s->n++] = text;
	s->v[s->n] = NULL;
}

void
strings_copy(struct strings *s, const char *text)
{
	strings_add(s, mem_dup(span_of(text)));
}

void
strings_fmt(struct strings *s, const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_vfmt(&b, fmt, ap);
	va_end(ap);
	strings_add(s, buf_take(&b));
}

bool
strings_have(const struct strings *s, const char *text)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i], text) == 0)
			return true;
	return false;
}

void
strings_free(struct strings *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	*s = (struct strings){0};
}
