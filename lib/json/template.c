#include "json/template.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/space.h"
#include "json/json.h"

enum fill { TEXT, NAME, POINTER, MEMBER, LINE, NO_EXT, BASE, DIR, BASE_NO_EXT, EXT, INDEX, NUMBER };

struct template_part {
	enum fill fill;
	struct span text; /* as it was written, braces included */
	struct span name; /* NAME: the name; POINTER: the pointer; MEMBER: "a.b" */
	bool raw;         /* not to be escaped */
	bool alone;       /* it is all of the text between two quotes */
};

static const struct {
	const char *text;
	unsigned set;
	enum fill fill;
} forms[] = {
	{"{}", TEMPLATE_COMMAND, LINE},           {"{.}", TEMPLATE_COMMAND, NO_EXT},
	{"{/}", TEMPLATE_COMMAND, BASE},          {"{//}", TEMPLATE_COMMAND, DIR},
	{"{/.}", TEMPLATE_COMMAND, BASE_NO_EXT},  {"{#}", TEMPLATE_COMMAND, NUMBER},
	{"{input}", TEMPLATE_SOURCE, LINE},       {"{basename}", TEMPLATE_SOURCE, BASE},
	{"{stem}", TEMPLATE_SOURCE, BASE_NO_EXT}, {"{dir}", TEMPLATE_SOURCE, DIR},
	{"{ext}", TEMPLATE_SOURCE, EXT},          {"{index}", TEMPLATE_SOURCE, INDEX},
};

const char *
template_form(unsigned sets, size_t i)
{
	for (size_t k = 0; k < sizeof forms / sizeof *forms; k++)
		if ((forms[k].set & sets) && i-- == 0)
			return forms[k].text;
	return NULL;
}

static bool
name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

/* Return the end of "{.a.b", or NULL if p is not one. */
static const char *
member_end(const char *p)
{
	if (p[1] != '.')
		return NULL;
	const char *end = p + 1;
	while (*end == '.' && name_char(end[1]))
		for (end++; name_char(*end); end++)
			continue;
	return *end == '}' ? end : NULL;
}

/* Return the end of "{/a/b", or NULL if p is not one. */
static const char *
pointer_end(const char *p)
{
	return p[1] == '/' ? strchr(p, '}') : NULL;
}

static const char *
name_end(const char *p)
{
	const char *end = p + 1 + (p[1] == '+');
	if (!name_char(*end))
		return NULL;
	while (name_char(*end))
		end++;
	return *end == '}' ? end : NULL;
}

/* Read the fill at p into *out. Return false if p does not begin with a fill. */
static bool
read_fill(const char *p, unsigned sets, struct template_part *out)
{
	const char *end = NULL;
	*out = (struct template_part){0};
	if ((sets & TEMPLATE_NAMES) && (end = name_end(p))) {
		out->fill = NAME;
		out->raw = p[1] == '+';
		out->name = (struct span){p + 1 + out->raw, (size_t)(end - p) - 1 - out->raw};
	} else if ((sets & TEMPLATE_SOURCE) && (end = pointer_end(p))) {
		out->fill = POINTER;
		out->name = (struct span){p + 1, (size_t)(end - p) - 1};
	} else if ((sets & TEMPLATE_COMMAND) && (end = member_end(p))) {
		out->fill = MEMBER;
		out->name = (struct span){p + 2, (size_t)(end - p) - 2};
	}
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if ((sets & forms[i].set) && str_starts(p, forms[i].text)) {
			out->fill = forms[i].fill;
			end = p + strlen(forms[i].text) - 1;
			out->name = (struct span){p + 1, (size_t)(end - p) - 1};
		}
	if (!end)
		return false;
	out->text = (struct span){p, (size_t)(end - p) + 1};
	return true;
}

static void
add(struct template *t, struct template_part part)
{
	t->parts = mem_room(t->parts, t->n, sizeof *t->parts);
	t->parts[t->n++] = part;
}

void
template_parse(struct template *t, const char *text, unsigned sets)
{
	*t = (struct template){0};
	const char *from = text;
	for (const char *p = text; (p = strchr(p, '{'));) {
		struct template_part part;
		if (!read_fill(p, sets, &part)) {
			p++;
			continue;
		}
		if (p > from)
			add(t, (struct template_part){.text = {from, (size_t)(p - from)}});
		part.alone = p > text && p[-1] == '"' && p[part.text.n] == '"';
		add(t, part);
		t->fills++;
		from = p += part.text.n;
	}
	if (*from)
		add(t, (struct template_part){.text = span_of(from)});
}

static bool
all_digits(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/*
 * Take one step into a value. Return 1 if it was found, 0 if it is missing, -1
 * if it is a duplicate.
 */
static int
step(struct span in, struct span name, struct span *out)
{
	struct buf key = {0};
	int found = 0;
	if (json_type(in) == JSON_ARRAY && all_digits(name)) {
		buf_ch(&key, '/');
		buf_span(&key, name);
		found = json_at(in, buf_cstr(&key), out);
	} else if (json_type(in) == JSON_OBJECT) {
		buf_span(&key, name);
		found = json_get(in, buf_cstr(&key), out);
	}
	buf_free(&key);
	return found;
}

/* Find the member a.b.c of an object. Return as step() does. */
static int
find_member(struct span at, struct span path, struct span *out)
{
	for (size_t i = 0; i < path.n;) {
		size_t n = i;
		while (n < path.n && path.p[n] != '.')
			n++;
		int found = step(at, (struct span){path.p + i, n - i}, &at);
		if (found <= 0)
			return found;
		i = n + 1;
	}
	*out = at;
	return 1;
}

static const char *
add_json(struct buf *out, struct span value)
{
	switch (json_type(value)) {
	case JSON_STRING:
		json_decode(out, value);
		return NULL;
	case JSON_NUMBER:
	case JSON_TRUE:
	case JSON_FALSE:
		buf_span(out, span_trim(value));
		return NULL;
	default:
		return "it is not a string, a number, true or false";
	}
}

/* Append the value that a pointer or member path finds in the first object that has it. */
static const char *
add_found(struct buf *out, const struct template_part *part, const struct template_args *a)
{
	struct span v = {0};
	int found = 0;
	if (part->fill == MEMBER && !a->objects[0].n)
		return "the line is not a JSON object";
	for (size_t i = 0; i < 2 && !found; i++) {
		if (!a->objects[i].n)
			continue;
		if (part->fill == MEMBER) {
			found = find_member(a->objects[i], part->name, &v);
		} else {
			char *pointer = mem_dup(part->name);
			found = json_at(a->objects[i], pointer, &v);
			free(pointer);
		}
	}
	if (found < 0)
		return "it is a duplicate member";
	return found ? add_json(out, v) : "it is missing";
}

static const struct template_value *
find_value(const struct template_args *a, struct span name)
{
	for (size_t i = 0; i < a->values_n; i++)
		if (span_is(name, a->values[i].name))
			return &a->values[i];
	return NULL;
}

/*
 * Append the value of a form that is not one of the caller's names. Return
 * NULL, or why it has no value.
 */
static const char *
add_form(struct buf *out, const struct template_part *part, const struct template_args *a)
{
	struct span s = a->source;
	switch (part->fill) {
	case POINTER:
	case MEMBER:
		return add_found(out, part, a);
	case INDEX:
	case NUMBER:
		buf_fmt(out, "%zu", a->index + (part->fill == NUMBER));
		return NULL;
	case NO_EXT:
		s = path_no_ext(s);
		break;
	case BASE:
		s = path_base(s);
		break;
	case DIR:
		s = path_dir(s);
		break;
	case BASE_NO_EXT:
		s = path_no_ext(path_base(s));
		break;
	case EXT:
		s = path_ext(path_base(s));
		break;
	default:
		break;
	}
	if (!a->source.p && name_char(part->text.p[1])) /* a command's line may be empty */
		return "the line does not name a source";
	buf_span(out, s);
	return NULL;
}

static const char *
expand_part(const struct template_part *part, const struct template_args *a, struct buf *out,
	    struct buf *value)
{
	const struct template_value *named = find_value(a, part->name);
	const char *why = NULL;
	value->n = 0;
	if (part->fill == NAME && !named) {
		buf_span(out, part->text);
		return NULL;
	}
	if (named)
		buf_str(value, named->value ? named->value : "");
	else
		why = add_form(value, part, a);
	if (why)
		return why;
	if (a->escape && !part->raw && !(named && named->number))
		a->escape(out, buf_all(value));
	else
		buf_span(out, buf_all(value));
	return NULL;
}

/* Return true if this part is a number that replaces the quotes around it. */
static bool
unquoted(const struct template_part *part, const struct template_args *a)
{
	const struct template_value *named = part->alone ? find_value(a, part->name) : NULL;
	return named && named->number;
}

const char *
template_expand(const struct template *t, const struct template_args *a, struct buf *out,
		struct span *fill)
{
	struct buf value = {0};
	const char *why = NULL;
	size_t skip = 0; /* of the next text: the quote after a number */
	for (size_t i = 0; i < t->n && !why; i++) {
		const struct template_part *part = &t->parts[i];
		if (part->fill == TEXT) {
			buf_add(out, part->text.p + skip, part->text.n - skip);
			skip = 0;
			continue;
		}
		skip = unquoted(part, a);
		out->n -= skip; /* and the one before it */
		why = expand_part(part, a, out, &value);
		if (why)
			*fill = part->text;
	}
	buf_free(&value);
	return why;
}

const char *
template_once(const char *text, unsigned sets, const struct template_args *a, struct buf *out,
	      struct span *fill)
{
	struct template t;
	template_parse(&t, text, sets);
	const char *why = template_expand(&t, a, out, fill);
	template_free(&t);
	return why;
}

void
template_free(struct template *t)
{
	free(t->parts);
	*t = (struct template){0};
}
