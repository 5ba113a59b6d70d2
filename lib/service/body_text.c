#include "service/body_text.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/hide.h"

enum { LOOKED_AT = 4096, SHOWN = 200 };

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct span
trim(struct span s)
{
	while (s.n && is_space(*s.p))
		s.p++, s.n--;
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool
begins(struct span s, const char *with)
{
	size_t n = strlen(with);
	return s.n >= n && strncasecmp(s.p, with, n) == 0;
}

/* Return the text of the first element of this name, trimmed; empty if there is none. */
static struct span
element(struct span s, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i + n + 1 < s.n; i++) {
		struct span rest = {s.p + i + 1, s.n - i - 1};
		const char *from, *to;
		if (s.p[i] != '<' || !begins(rest, name) ||
		    !(rest.p[n] == '>' || is_space(rest.p[n])))
			continue;
		from = memchr(rest.p, '>', rest.n);
		to = from ? memchr(from, '<', (size_t)(rest.p + rest.n - from)) : NULL;
		return to ? trim((struct span){from + 1, (size_t)(to - from) - 1})
			  : (struct span){"", 0};
	}
	return (struct span){"", 0};
}

/* Append s with each run of white space as one blank, cut after SHOWN bytes. */
static void
add_line(struct buf *out, struct span s)
{
	struct buf line = {0};
	s = trim(s);
	for (size_t i = 0; i < s.n; i++)
		if (!is_space(s.p[i]))
			buf_ch(&line, s.p[i]);
		else if (!is_space(s.p[i - 1]))
			buf_ch(&line, ' ');
	size_t n = line.n < SHOWN ? line.n : SHOWN;
	while (n && n < line.n && ((unsigned char)line.p[n] & 0xc0) == 0x80)
		n--; /* a character of UTF-8 is kept whole */
	buf_add(out, line.p, n);
	buf_free(&line);
}

void
body_text(struct buf *out, struct span body)
{
	struct buf shown = {0};
	buf_add(&shown, body.p, body.n < LOOKED_AT ? body.n : LOOKED_AT);
	secret_hide(&shown); /* before it is cut: half a secret is one too */
	struct span s = trim(buf_all(&shown)), title = element(s, "title"),
		    code = element(s, "Code"), message = element(s, "Message");
	if (!begins(s, "<")) {
		add_line(out, s);
	} else if (title.n) {
		buf_str(out, "an HTML page: ");
		add_line(out, title);
	} else if (begins(s, "<!doctype") || begins(s, "<html")) {
		buf_str(out, "an HTML page");
	} else if (message.n) {
		add_line(out, code);
		buf_str(out, code.n ? ": " : "");
		add_line(out, message);
	} else {
		add_line(out, s);
	}
	buf_free(&shown);
}
