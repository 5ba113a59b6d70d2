#include "service/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "json/json.h"

void
resolve_send(struct service *s, struct service_item *st, const char *id)
{
	struct template_value fill = {.name = "id", .value = id};
	struct call_request request = {.call = s->profile->url_from_get ? &s->profile->get
									: &s->profile->url,
				       .fills = &fill,
				       .fills_n = 1,
				       .question = true};
	service_call(s, st, &request);
}

void
outputs_add(struct outputs *o, char *url)
{
	o->urls = mem_room(o->urls, o->n, sizeof *o->urls);
	o->sizes = mem_room(o->sizes, o->n, sizeof *o->sizes);
	o->sizes[o->n] = -1;
	o->urls[o->n++] = url;
}

struct gather {
	const struct profile *p;
	struct span reply;
	struct outputs *to;
	char *unready; /* the status of one that is not ready yet; owned */
	char *failed;  /* of one that will never be; owned */
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

/* Return a size in bytes, a number or a string of digits (protobuf's JSON writes int64 as a
 * string), or -1. */
static int64_t
size_of(const struct strings *pointers, struct span output)
{
	char *text = profile_find(pointers, output);
	int64_t n = text ? span_number(span_of(text)) : -1;
	free(text);
	return n;
}

/* Use the first template whose fills are in the output, or else in the response. */
static void
take_template(struct gather *g, struct span output)
{
	struct template_args args = {.objects = {output, g->reply}, .escape = http_escape};
	struct span fill;
	size_t before = g->to->n;
	for (size_t i = 0; i < g->p->url_templates.n && g->to->n == before; i++) {
		struct buf b = {0};
		if (!template_once(g->p->url_templates.v[i], TEMPLATE_SOURCE, &args, &b, &fill))
			outputs_add(g->to, mem_dup(buf_all(&b)));
		buf_free(&b);
	}
}

/* Return whether the output is ready. If not, keep its status. */
static bool
is_ready(struct gather *g, struct span output)
{
	bool known;
	char *status = profile_find(&g->p->output_status, output);
	enum state state = status ? profile_output_state(g->p, status, &known) : STATE_SUCCEEDED;
	char **keep = state_ended(state) ? &g->failed : &g->unready;
	bool ready = state == STATE_SUCCEEDED || state == STATE_PARTIAL;
	if (!ready && !*keep)
		*keep = status;
	else
		free(status);
	return ready;
}

/* Take one output: the first pointer that finds a URL finds all of its URLs. */
static bool
take_output(void *ctx, struct span output)
{
	struct gather *g = ctx;
	const struct strings *pointers = &g->p->output_url;
	size_t before = g->to->n;
	if (!is_ready(g, output))
		return true;
	for (size_t i = 0; i < pointers->n && g->to->n == before; i++)
		json_walk(output, pointers->v[i], take_url, g->to);
	if (g->to->n == before)
		take_template(g, output);
	if (g->to->n == before + 1)
		g->to->sizes[before] = size_of(&g->p->output_size, output);
	return true;
}

void
resolve_too_early(struct failure *e, const char *word)
{
	failure_set(e, "invalid_input", false, "the job has not ended (%s): put tc-wait before %s",
		    word, msg_name());
}

/*
 * Schedule another request for outputs that are not ready, after a poll
 * interval. Return false with *e set if their time is over.
 */
static bool
ask_later(struct service *s, struct service_item *st, const char *status, struct failure *e)
{
	const struct profile *p = s->profile;
	int64_t now = clock_now();
	double wait = (double)p->poll_first, cap = (double)p->poll_cap;
	if (!st->unready_since)
		st->unready_since = now;
	for (unsigned i = 0; i < st->unready && wait < cap; i++)
		wait *= p->poll_factor;
	if (s->flow.stopping || now - st->unready_since >= s->output_wait) {
		failure_set(e, "timeout", true,
			    "the outputs are not ready (%s) after %lld s: run again", status,
			    (long long)((now - st->unready_since) / SECOND));
		return false;
	}
	st->unready++;
	flow_schedule(&s->flow, &st->item, now + (int64_t)(wait < cap ? wait : cap));
	return true;
}

enum resolved
resolve_read(struct service *s, struct service_item *st, const struct call_result *a,
	     struct outputs *o, struct failure *e)
{
	const struct profile *p = s->profile;
	struct gather g = {.p = p, .reply = a->doc, .to = o};
	enum resolved end = RESOLVE_FAILED;
	bool known = true;
	char *status = p->url_from_get ? profile_find(&p->status, service_job(s, a->doc)) : NULL;
	enum state state = status ? profile_state(p, status, &known) : STATE_SUCCEEDED;
	*o = (struct outputs){0};
	for (size_t i = 0; i < p->outputs.n && !o->n && !g.unready; i++)
		json_walk(a->doc, p->outputs.v[i], take_output, &g);
	/* only a signed URL expires; a storage address does not */
	o->expires = p->url_ttl && o->n && strncmp(o->urls[0], "http", 4) == 0
			     ? clock_wall() + p->url_ttl
			     : NEVER;
	if (!state_ended(state))
		resolve_too_early(e, status);
	else if (g.unready)
		end = ask_later(s, st, g.unready, e) ? RESOLVE_LATER : RESOLVE_FAILED;
	else if (o->n)
		end = RESOLVE_FOUND;
	else if (g.failed)
		failure_set(e, "job_failed", false, "no output was made (%s)", g.failed);
	else
		failure_set(e, "bad_response", false, "HTTP %d, but the reply names no output",
			    a->status);
	if (end == RESOLVE_FAILED)
		e->http = state_ended(state) ? a->status : 0;
	if (end != RESOLVE_FOUND)
		outputs_free(o);
	free(status);
	free(g.unready);
	free(g.failed);
	return end;
}

bool
resolve_is_odd(const struct failure *e, bool succeeded)
{
	return !e->temporary && (strcmp(e->code, "bad_response") == 0 ||
				 (succeeded && strcmp(e->code, "rejected") != 0));
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
