#include <string.h>

#include "base/msg.h"
#include "json/template.h"

static bool
is_listed(const char *names, struct span word)
{
	for (const char *p = names; *p; p += strcspn(p, " "), p += *p == ' ')
		if (strcspn(p, " ") == word.n && memcmp(p, word.p, word.n) == 0)
			return true;
	return false;
}

/* Append the names of the sets, separated by blanks, then those of the caller. */
static void
add_names(struct buf *out, unsigned sets, const char *names)
{
	const char *form;
	for (size_t i = 0; (form = template_form(sets, i)) != NULL; i++) {
		buf_add(out, form + 1, strlen(form) - 2);
		buf_ch(out, ' ');
	}
	buf_str(out, names);
}

void
template_check(const char *option, const char *text, unsigned sets, const char *names)
{
	struct buf all = {0}, shown = {0};
	add_names(&all, sets, names);
	for (const char *p = text; (p = strchr(p, '{')); p++) {
		size_t n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_");
		if (!n || p[n + 1] != '}' || is_listed(buf_cstr(&all), (struct span){p + 1, n}))
			continue;
		for (const char *q = buf_cstr(&all); *q; q += strcspn(q, " "), q += *q == ' ')
			buf_fmt(&shown, "{%.*s} ", (int)strcspn(q, " "), q);
		msg_warn("%s %s: %.*s is not a known name and stays as it is; the names are "
			 "%s{/pointer}",
			 option, text, (int)n + 2, p, buf_cstr(&shown));
		break;
	}
	buf_free(&all);
	buf_free(&shown);
}
