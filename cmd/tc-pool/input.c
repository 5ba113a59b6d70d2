/*
 * How tc-pool reads a line. All lines are accepted, except one that begins
 * like JSON and is not valid. With -0 no item is JSON: file names may begin
 * with any character.
 */
#include "pool.h"

#include <string.h>

#include "base/space.h"

static void
read_json(struct input *in, struct span line)
{
	struct span ok;
	in->why = record_check(line, NULL);
	in->bad = in->why != NULL;
	if (in->bad)
		return;
	in->json = span_trim(line);
	if (json_type(in->json) == JSON_STRING) {
		json_decode(&in->text, in->json);
		in->line.source = buf_all(&in->text);
	} else {
		in->line.objects[0] = in->json;
		in->passes = json_get(in->json, "ok", &ok) == 1 && json_type(ok) == JSON_FALSE;
	}
}

void
input_read(struct input *in, const struct pool *p, const struct item *it)
{
	*in = (struct input){.line = {.source = it->line, .index = it->index}};
	if (it->too_long) {
		in->bad = true;
		in->why = "the line is over 32 MiB";
	} else if (!p->options.null && it->line.n && (*it->line.p == '{' || *it->line.p == '"')) {
		read_json(in, it->line);
	} else if (p->options.copies && memchr(it->line.p, '\n', it->line.n)) {
		in->bad = true;
		in->why = "the item contains a line end, but a copy (-c) reads one line";
	}
}

void
input_free(struct input *in)
{
	buf_free(&in->text);
}
