#include "base/tail.h"

#include <string.h>

#include "base/space.h"

/* Return the last \r before `end`, or NULL. */
static const char *
last_return(const char *from, const char *end)
{
	while (end > from)
		if (*--end == '\r')
			return end;
	return NULL;
}

/* Return what a terminal shows of a complete line: nothing if it only drew progress. */
static struct span
settled(const char *from, const char *end)
{
	bool returned = end > from && end[-1] == '\r';
	const char *to = returned ? end - 1 : end, *at = last_return(from, to);
	if (!at)
		return (struct span){from, (size_t)(to - from)}; /* its line end may be \r\n */
	if (returned)
		return (struct span){from, 0};
	return (struct span){at + 1, (size_t)(to - at - 1)};
}

/* Return the last piece of an unfinished line, with a \r before it if there was more. */
static struct span
unsettled(const char *from, const char *end)
{
	const char *at = end > from ? last_return(from, end - 1) : NULL;
	if (!at)
		at = from;
	return (struct span){at, (size_t)(end - at)};
}

size_t
tail_settle(char *p, size_t n)
{
	const char *from = p, *end = p + n, *nl;
	char *to = p;
	for (; (nl = memchr(from, '\n', (size_t)(end - from))); from = nl + 1) {
		struct span s = settled(from, nl);
		if (!s.n && nl > from)
			continue;
		memmove(to, s.p, s.n);
		to += s.n;
		*to++ = '\n';
	}
	struct span rest = unsettled(from, end);
	memmove(to, rest.p, rest.n);
	return (size_t)(to - p) + rest.n;
}

/* Return the last whole lines that fit, or the end of a longer one. */
static struct span
cut(struct span s, size_t max)
{
	if (s.n <= max)
		return s;
	s = (struct span){s.p + s.n - max, max};
	for (size_t i = 0; i < s.n / 2; i++)
		if (s.p[i] == '\n')
			return (struct span){s.p + i + 1, s.n - i - 1};
	while (s.n && ((unsigned char)*s.p & 0xc0) == 0x80)
		s.p++, s.n--; /* do not split a character */
	return s;
}

void
tail_lines(struct buf *out, struct span s, size_t max)
{
	struct buf text = {0};
	while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
		s.n--; /* the last line is kept, whatever it is */
	buf_span(&text, s);
	buf_ch(&text, '\n');
	text.n = tail_settle(text.p, text.n);
	while (text.n && text.p[text.n - 1] == '\n')
		text.n--;
	buf_span(out, cut(buf_all(&text), max));
	buf_free(&text);
}

struct span
tail_last_line(struct span s)
{
	s = span_trim_end(s);
	for (size_t i = s.n; i-- > 0;)
		if (s.p[i] == '\n' || s.p[i] == '\r')
			return (struct span){s.p + i + 1, s.n - i - 1};
	return s;
}
