#include "service/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "json/json.h"
#include "base/msg.h"

void
resolve_send(struct service *s, struct service_item *st, const char *id)
{
	struct template_value fill = {.name = "id", .value = id};
	struct call_request ask = {.call = s->profile->url_from_get ? &s->profile->get : &s->profile->url, .fills = &fill, .fills_n = 1,
			  .question = true};
	service_call(s, st, &ask);
}

void
outputs_add(struct outputs *o, char *url)
{
	o->urls = mem_grow(o->urls, (o->n + 1) * sizeof *o->urls);
	o->sizes = mem_grow(o->sizes, (o->n + 1) * sizeof *o->sizes);
	o->sizes[o->n] = -1;
	o->urls[o->n++] = url;
}

struct gather {
	const struct profile *p;
	struct outputs *to;
};

static bool
take_url(void *ctx, struct span v)
{
	struct outputs *o = ctx;
	char *url = json_text(v);
	if (url && *url)
		outputs_add(o, url);
	else
		free(url);
	return true;
}

/* A number of bytes, in digits or as a string of them: int64 is a string in protobuf's JSON. -1 if it is none. */
static int64_t
size_of(const struct strings *pointers, struct span output)
{
	char *text = profile_find(pointers, output), *end;
	long long n = text && *text >= '0' && *text <= '9' ? strtoll(text, &end, 10) : -1;
	if (n >= 0 && *end)
		n = -1;
	free(text);
	return n;
}

/* Of one output: the first pointer that gives a URL gives all of its URLs. */
static bool
take_output(void *ctx, struct span output)
{
	struct gather *g = ctx;
	const struct strings *pointers = &g->p->output_url;
	size_t before = g->to->n;
	for (size_t i = 0; i < pointers->n && g->to->n == before; i++)
		json_walk(output, pointers->v[i], take_url, g->to);
	if (g->to->n == before + 1)
		g->to->sizes[before] = size_of(&g->p->output_size, output);
	return true;
}

void
resolve_too_early(struct failure *e, const char *word)
{
	failure_set(e, "invalid_input", false, "the job has not ended (%s): put tc-wait before %s", word, msg_name());
}

bool
resolve_read(const struct service *s, const struct call_result *a, struct outputs *o, struct failure *e)
{
	const struct profile *p = s->profile;
	struct gather g = {p, o};
	bool known = true;
	char *status = p->url_from_get ? profile_find(&p->status, service_job(s, a->doc)) : NULL;
	enum state state = status ? profile_state(p, status, &known) : STATE_SUCCEEDED;
	*o = (struct outputs){0};
	for (size_t i = 0; i < p->outputs.n && !o->n; i++)
		json_walk(a->doc, p->outputs.v[i], take_output, &g);
	/* only what is signed for a time ends: a storage address stays */
	o->expires = p->url_ttl && o->n && strncmp(o->urls[0], "http", 4) == 0 ? clock_wall() + p->url_ttl : NEVER;
	if (!state_ended(state))
		resolve_too_early(e, status);
	else if (!o->n)
		failure_set(e, "bad_response", false, "HTTP %d, but the reply names no output", a->status);
	free(status);
	if (!state_ended(state) || !o->n) {
		e->http = state_ended(state) ? a->status : 0;
		outputs_free(o);
		return false;
	}
	return true;
}

void
outputs_free(struct outputs *o)
{
	for (size_t i = 0; i < o->n; i++)
		free(o->urls[i]);
	free(o->urls);
	free(o->sizes);
	*o = (struct outputs){0};
}
