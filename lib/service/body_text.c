#include "service/body_text.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/hide.h"
#include "base/space.h"
#include "base/xml.h"

enum { LOOKED_AT = 4096, SHOWN = 200 };

static bool
begins(struct span s, const char *with)
{
	size_t n = strlen(with);
	return s.n >= n && strncasecmp(s.p, with, n) == 0;
}

/* Append s with each run of white space as one blank, cut after SHOWN bytes. */
static void
add_line(struct buf *out, struct span s)
{
	struct buf line = {0};
	s = span_trim(s);
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
	struct span s = span_trim(buf_all(&shown)), title = span_trim(xml_text(s, "title")),
		    code = xml_text(s, "Code"), message = span_trim(xml_text(s, "Message"));
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
