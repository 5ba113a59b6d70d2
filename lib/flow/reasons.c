#include "flow/reasons.h"

#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "base/path.h"
#include "base/space.h"
#include "json/json.h"
#include "json/source.h"

/* How many items with one reason are reported; how many different reasons are kept. */
enum { SAID_EACH = 3, REASONS_MAX = 1000, LONG_NUMBER = 5, NAME_MIN = 4, SHOWN = 200 };

struct reason {
	struct htab_node node;
	struct reason *next;
	char *key, *text; /* the reduced text that identifies it; the text last reported */
	size_t n;
};

static bool
is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
ends_in_line(const struct buf *b)
{
	return b->n >= 5 && memcmp(b->p + b->n - 5, "line ", 5) == 0;
}

/*
 * Append text up to a word's end, but "#" for a word with digits that is long
 * (an address, an id, a time) or the number of a line.
 */
static size_t
add_word(struct buf *out, struct span s)
{
	size_t n = 0, digits = 0;
	for (; n < s.n && is_word(s.p[n]); n++)
		digits += s.p[n] <= '9';
	if (digits && (n >= LONG_NUMBER || ends_in_line(out)))
		buf_ch(out, '#');
	else
		buf_add(out, s.p, n);
	return n;
}

static bool
begins(struct span s, struct span with)
{
	return with.n && s.n >= with.n && memcmp(s.p, with.p, with.n) == 0;
}

/*
 * Return the length of the name if s begins with it, as whole words, else 0.
 * Short names are too similar to other words.
 */
static size_t
named(struct span s, struct span name)
{
	bool whole =
		s.n <= name.n || !name.n || !is_word(s.p[name.n]) || !is_word(name.p[name.n - 1]);
	return name.n >= NAME_MIN && begins(s, name) && whole ? name.n : 0;
}

/* Reduce a reason to what it has in common with others of its kind. */
static char *
key_of(struct span source, struct span reason, const char *id)
{
	struct buf b = {0};
	struct span job = span_of(id ? id : ""), base = path_base(source);
	struct span stem = path_no_ext(base);
	while (reason.n) {
		size_t n = named(reason, source);
		if (!n)
			n = named(reason, base);
		if (!n)
			n = named(reason, stem);
		if (!n)
			n = named(reason, job);
		if (n) {
			buf_ch(&b, '#');
		} else if (is_word(*reason.p)) {
			n = add_word(&b, reason);
		} else {
			n = 1;
			buf_ch(&b, *reason.p ? *reason.p : '#');
		}
		reason = (struct span){reason.p + n, reason.n - n};
	}
	char *key = mem_dup(buf_all(&b));
	buf_free(&b);
	return key;
}

/* Find or make the entry of a reason; NULL if there are too many. */
static struct reason *
entry(struct reasons *r, char *key)
{
	struct htab_node *node = htab_find(&r->table, key, NULL);
	if (node || r->table.n >= REASONS_MAX) {
		free(key);
		return (struct reason *)(void *)node;
	}
	struct reason *e = mem_zero(sizeof *e);
	e->key = key;
	htab_add(&r->table, &e->node, e->key);
	if (!r->first)
		r->last = &r->first;
	*r->last = e;
	r->last = &e->next;
	return e;
}

void
reasons_say(struct reasons *r, size_t number, struct span source, struct span reason,
	    const char *id)
{
	struct reason *e = entry(r, key_of(source, reason, id));
	struct buf text = {0}, shown = {0};
	if (e && e->n++ >= SAID_EACH) {
		if (!e->text)
			e->text = mem_dup(reason);
		return;
	}
	buf_fmt(&text, "line %zu: ", number);
	if (source.n && !begins(reason, source)) {
		buf_cut(&text, source, SHOWN);
		buf_str(&text, ": ");
	}
	buf_span(&text, reason);
	if (id && *id && !(source.n == strlen(id) && begins(source, span_of(id))))
		buf_fmt(&text, " (job %s)", id);
	msg_sanitize(&shown, buf_all(&text)); /* a NUL in the source would end it */
	msg_error("%s", buf_cstr(&shown));
	buf_free(&text);
	buf_free(&shown);
}

void
reasons_end(struct reasons *r)
{
	for (struct reason *e = r->first, *next; e; e = next) {
		next = e->next;
		if (e->n > SAID_EACH)
			msg_error("%zu more: the same: %s", e->n - SAID_EACH, e->text);
		free(e->key);
		free(e->text);
		free(e);
	}
	htab_free(&r->table);
	*r = (struct reasons){0};
}

void
item_source(struct buf *out, const struct item *it)
{
	struct span line = it->line;
	if (line.n && (*line.p == '{' || *line.p == '"')) {
		if (!json_check_loose(line, NULL))
			(void)json_source(out, span_trim(line));
	} else {
		buf_span(out, line);
	}
}

void
item_where(struct buf *out, const struct item *it)
{
	struct buf source = {0};
	item_source(&source, it);
	buf_fmt(out, "line %zu", it->index + 1);
	if (source.n)
		buf_str(out, ": ");
	buf_cut(out, buf_all(&source), SHOWN);
	buf_free(&source);
}
