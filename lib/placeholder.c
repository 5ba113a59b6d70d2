#include "placeholder.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"

enum place { TEXT, LINE, MEMBER, NO_EXT, BASE, DIR, BASE_NO_EXT, NUMBER, WORD_END };

struct part {
	enum place place;
	struct span text; /* TEXT: as it is; MEMBER: "a.b" */
};

static const struct {
	const char *text;
	enum place place;
} fixed[] = {{"{}", LINE}, {"{.}", NO_EXT}, {"{/}", BASE}, {"{//}", DIR}, {"{/.}", BASE_NO_EXT}, {"{#}", NUMBER}};

static bool
name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* Length of the placeholder at p, 0 if there is none. */
static size_t
placeholder(const char *p, struct part *out)
{
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		if (strncmp(p, fixed[i].text, strlen(fixed[i].text)) == 0) {
			*out = (struct part){.place = fixed[i].place};
			return strlen(fixed[i].text);
		}
	if (p[0] != '{' || p[1] != '.')
		return 0;
	const char *end = p + 1;
	while (*end == '.' && name_char(end[1]))
		for (end++; name_char(*end); end++)
			continue;
	if (*end != '}')
		return 0;
	*out = (struct part){MEMBER, {p + 2, (size_t)(end - p) - 2}};
	return (size_t)(end - p) + 1;
}

static void
add(struct template *t, struct part part)
{
	t->parts = mem_grow(t->parts, (t->parts_n + 1) * sizeof *t->parts);
	t->parts[t->parts_n++] = part;
}

static void
read_word(struct template *t, const char *word)
{
	const char *from = word;
	for (const char *p = word; *p;) {
		struct part part;
		size_t n = placeholder(p, &part);
		if (!n) {
			p++;
			continue;
		}
		if (p > from)
			add(t, (struct part){TEXT, {from, (size_t)(p - from)}});
		add(t, part);
		t->used++;
		from = p += n;
	}
	if (*from)
		add(t, (struct part){TEXT, span_of(from)});
	add(t, (struct part){.place = WORD_END});
}

void
template_read(struct template *t, char *const *argv)
{
	*t = (struct template){.words = argv};
	for (; argv[t->n]; t->n++) {
		read_word(t, argv[t->n]);
		if (t->n == 0)
			t->first = t->used > 0;
	}
}

static struct span
base(struct span s)
{
	for (size_t i = s.n; i-- > 0;)
		if (s.p[i] == '/')
			return (struct span){s.p + i + 1, s.n - i - 1};
	return s;
}

static struct span
dir(struct span s)
{
	struct span b = base(s);
	if (b.n == s.n)
		return span_of(".");
	size_t n = s.n - b.n - 1;
	return n ? (struct span){s.p, n} : span_of("/");
}

/* A dot that begins the name or a component begins no extension. */
static struct span
no_ext(struct span s)
{
	for (size_t i = s.n; i-- > 1 && s.p[i] != '/';)
		if (s.p[i] == '.' && s.p[i - 1] != '/')
			return (struct span){s.p, i};
	return s;
}

static bool
all_digits(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* One step into a value: 1 found, 0 not there, -1 there twice. */
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

/* Appends the member's text; NULL, or what is wrong with it. */
static const char *
member(struct buf *out, const struct values *v, struct span path)
{
	struct span at = v->object;
	if (!at.n)
		return "the line is no JSON object";
	for (size_t i = 0; i < path.n;) {
		size_t n = i;
		while (n < path.n && path.p[n] != '.')
			n++;
		int found = step(at, (struct span){path.p + i, n - i}, &at);
		if (found <= 0)
			return found ? "it is there twice" : "it is not there";
		i = n + 1;
	}
	switch (json_type(at)) {
	case JSON_STRING:
		json_decode(out, at);
		return NULL;
	case JSON_NUMBER:
	case JSON_TRUE:
	case JSON_FALSE:
		buf_span(out, json_trim(at));
		return NULL;
	default:
		return "it is no string, number, true or false";
	}
}

/* Appends what the part stands for; NULL, or why it cannot be. */
static const char *
fill(struct buf *out, const struct part *part, const struct values *v)
{
	switch (part->place) {
	case TEXT:
		buf_span(out, part->text);
		break;
	case LINE:
		buf_span(out, v->text);
		break;
	case MEMBER:
		return member(out, v, part->text);
	case NO_EXT:
		buf_span(out, no_ext(v->text));
		break;
	case BASE:
		buf_span(out, base(v->text));
		break;
	case DIR:
		buf_span(out, dir(v->text));
		break;
	case BASE_NO_EXT:
		buf_span(out, no_ext(base(v->text)));
		break;
	case NUMBER:
		buf_fmt(out, "%zu", v->index + 1);
		break;
	case WORD_END:
		break;
	}
	return NULL;
}

static const char *
refuse(struct filled *out, const struct part *part, const char *why)
{
	out->text.n = 0;
	if (part->place == MEMBER)
		buf_fmt(&out->text, "{.%.*s}: %s", (int)part->text.n, part->text.p, why);
	else
		buf_str(&out->text, why);
	return buf_cstr(&out->text);
}

const char *
template_fill(const struct template *t, const struct values *v, struct filled *out)
{
	out->text.n = 0;
	if (out->cap < t->n + 1) {
		out->cap = t->n + 1;
		out->argv = mem_grow(out->argv, out->cap * sizeof *out->argv);
	}
	for (size_t i = 0; i < t->parts_n; i++) {
		const struct part *part = &t->parts[i];
		size_t from = out->text.n;
		const char *why = fill(&out->text, part, v);
		if (!why && out->text.n > from && memchr(out->text.p + from, '\0', out->text.n - from))
			why = "it has a NUL character in it, which no argument can have";
		if (why)
			return refuse(out, part, why);
		if (part->place == WORD_END)
			buf_ch(&out->text, '\0');
	}
	char *p = out->text.p;
	for (size_t i = 0; i < t->n; i++, p += strlen(p) + 1)
		out->argv[i] = p;
	out->argv[t->n] = NULL;
	return "";
}

void
template_free(struct template *t)
{
	free(t->parts);
	*t = (struct template){0};
}

void
filled_free(struct filled *f)
{
	buf_free(&f->text);
	free(f->argv);
	*f = (struct filled){0};
}
