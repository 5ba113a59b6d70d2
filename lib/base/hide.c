#include "base/hide.h"

#include <string.h>

static struct kept {
	char *value, *shown;
	size_t n;
} * kept;
static size_t kept_n;

void
secret_keep(const char *value, const char *shown)
{
	size_t n = strlen(value), at = 0;
	if (n < SECRET_LEAST)
		return;
	for (size_t i = 0; i < kept_n; i++)
		if (strcmp(kept[i].value, value) == 0)
			return;
	kept = mem_room(kept, kept_n, sizeof *kept);
	while (at < kept_n && kept[at].n >= n) /* the longest first: one may be a part of another */
		at++;
	memmove(kept + at + 1, kept + at, (kept_n - at) * sizeof *kept);
	kept[at] = (struct kept){mem_dup(span_of(value)), mem_dup(span_of(shown)), n};
	kept_n++;
}

static const char *
find(struct span in, const struct kept *k)
{
	for (const char *p = in.p; p && in.n >= k->n && (size_t)(in.p + in.n - p) >= k->n; p++) {
		p = memchr(p, *k->value, (size_t)(in.p + in.n - p) - k->n + 1);
		if (!p || memcmp(p, k->value, k->n) == 0)
			return p;
	}
	return NULL;
}

void
secret_hide(struct buf *b)
{
	for (size_t i = 0; i < kept_n; i++) {
		const char *p = find(buf_all(b), &kept[i]);
		if (!p)
			continue;
		struct buf out = {0};
		struct span rest = buf_all(b);
		for (; p; p = find(rest, &kept[i])) {
			size_t before = (size_t)(p - rest.p);
			buf_add(&out, rest.p, before);
			buf_str(&out, kept[i].shown);
			rest = (struct span){p + kept[i].n, rest.n - before - kept[i].n};
		}
		buf_span(&out, rest);
		buf_free(b);
		*b = out;
	}
}
