#include "command.h"

#include <stdlib.h>
#include <string.h>

void
command_parse(struct command *c, char *const *argv, bool literal)
{
	*c = (struct command){.argv = argv};
	while (argv[c->n])
		c->n++;
	c->words = mem_alloc((c->n + 1) * sizeof *c->words);
	for (size_t i = 0; i < c->n; i++) {
		template_parse(&c->words[i], argv[i], literal ? 0 : TEMPLATE_COMMAND);
		c->fills += c->words[i].fills;
	}
	c->named = c->n && c->words[0].fills;
}

static const char *
refuse(struct argv_buf *out, struct span fill, const char *why)
{
	out->text.n = 0;
	buf_fmt(&out->text, "%.*s: %s", (int)fill.n, fill.p, why);
	return buf_cstr(&out->text);
}

const char *
command_fill(const struct command *c, const struct template_args *line, struct argv_buf *out)
{
	out->text.n = 0;
	if (out->cap < c->n + 1) {
		out->cap = c->n + 1;
		out->argv = mem_grow(out->argv, out->cap * sizeof *out->argv);
	}
	for (size_t i = 0; i < c->n; i++) {
		size_t from = out->text.n;
		struct span fill = {0};
		const char *why = template_expand(&c->words[i], line, &out->text, &fill);
		if (why)
			return refuse(out, fill, why);
		if (out->text.n > from && memchr(out->text.p + from, '\0', out->text.n - from)) {
			struct span word = {"the line", 8};
			return refuse(out, word,
				      "it contains a NUL character, which an argument cannot");
		}
		buf_ch(&out->text, '\0');
	}
	char *p = out->text.p;
	for (size_t i = 0; i < c->n; i++, p += strlen(p) + 1)
		out->argv[i] = p;
	out->argv[c->n] = NULL;
	return "";
}

void
command_free(struct command *c)
{
	for (size_t i = 0; i < c->n; i++)
		template_free(&c->words[i]);
	free(c->words);
	*c = (struct command){0};
}

void
argv_buf_free(struct argv_buf *b)
{
	buf_free(&b->text);
	free(b->argv);
	*b = (struct argv_buf){0};
}
