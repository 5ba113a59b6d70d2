#include "match.h"

#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "json/json.h"

/* Append all texts at a pointer, one per line, and return their number. */
struct gathered {
	struct buf text;
	size_t n;
};

static bool
gather(void *ctx, struct span v)
{
	struct gathered *g = ctx;
	char *s = json_text(v);
	buf_str(&g->text, s ? s : "");
	buf_ch(&g->text, '\n');
	free(s);
	g->n++;
	return true;
}

static bool
has_text(void *ctx, struct span v)
{
	char *s = json_text(v);
	*(bool *)ctx |= s && *s;
	free(s);
	return true;
}

bool
job_is_identified(const struct profile *p, struct span job)
{
	bool has = false;
	json_walk(job, p->match_job.v[0], has_text, &has);
	return has;
}

bool
request_matches(const struct profile *p, struct span body, struct span job)
{
	bool same = p->match_request.n > 0;
	for (size_t i = 0; i < p->match_request.n && same; i++) {
		struct gathered a = {0}, b = {0};
		json_walk(body, p->match_request.v[i], gather, &a);
		json_walk(job, p->match_job.v[i], gather, &b);
		/* only the first pair must be there: it identifies the job */
		if (i == 0 || (a.n && b.n))
			same = a.n && a.n == b.n && a.text.n == b.text.n &&
			       memcmp(a.text.p, b.text.p, a.text.n) == 0;
		buf_free(&a.text);
		buf_free(&b.text);
	}
	return same;
}

/* A listed job that another process may have made. */
struct wanted {
	const struct profile *p;
	struct span job, input; /* input: of the intent at hand */
	struct buf own;         /* that of the item which looks for the job */
	bool found;
};

static bool
find_in_input(void *ctx, struct span v)
{
	struct wanted *w = ctx;
	struct buf quoted = {0};
	char *text = json_text(v), *input = mem_dup(w->input);
	json_quote(&quoted, span_of(text ? text : ""));
	w->found |= text && *text && strstr(input, buf_cstr(&quoted));
	buf_free(&quoted);
	free(text);
	free(input);
	return true;
}

/* The same line would make the same job: whoever takes it, the other one makes its own. */
static void
on_intent(void *ctx, struct span line)
{
	struct wanted *w = ctx;
	char *tool = json_text_of(line, "tool");
	struct span own = buf_all(&w->own);
	if (tool && strcmp(tool, msg_name()) == 0 && json_get(line, "input", &w->input) == 1 &&
	    (w->input.n != own.n || memcmp(w->input.p, own.p, own.n) != 0))
		json_walk(w->job, w->p->match_job.v[0], find_in_input, w);
	free(tool);
}

bool
job_is_wanted_elsewhere(struct ledger *l, const struct profile *p, const struct record *line,
			struct span job)
{
	struct wanted w = {.p = p, .job = job};
	if (line->value.n)
		json_oneline(&w.own, line->value);
	else
		json_quote(&w.own, line->line);
	ledger_others(l, on_intent, &w);
	buf_free(&w.own);
	return w.found;
}
