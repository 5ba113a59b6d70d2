#include "api/violations.h"

#include <stdarg.h>
#include <stdlib.h>

void
violation_add(struct violations *l, const char *field, const char *fmt, ...)
{
	struct buf what = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_vfmt(&what, fmt, ap);
	va_end(ap);
	l->v = mem_room(l->v, l->n, sizeof *l->v);
	l->v[l->n++] = (struct violation){mem_dup(span_of(field)), buf_take(&what)};
}

void
violations_free(struct violations *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].field);
		free(l->v[i].what);
	}
	free(l->v);
	*l = (struct violations){0};
}
