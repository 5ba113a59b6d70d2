#include "match.h"

#include <stdlib.h>
#include <string.h>

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
