/* Checks a profile as a whole: required members, defaults, and what cannot work. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/suggest.h"
#include "http/http.h"
#include "service/profile_value.h"
#include "service/variables.h"
#include "json/json.h"
#include "json/template.h"

/* A job's own get may lag behind its create for as many of the longest poll intervals: five minutes
 * of 30 s each. */
enum { SETTLE_CAPS = 10 };
/* How long a service may go on with a create after its client has given up. */
#define SETTLE_MARGIN (30 * SECOND)

static const char name_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

static void
default_pointers(struct strings *s, const char *pointer_text)
{
	if (!s->n)
		strings_add(s, mem_dup(span_of(pointer_text)));
}

static void
default_gone(struct numbers *n)
{
	n->v = mem_alloc(2 * sizeof *n->v);
	n->v[0] = 404;
	n->v[1] = 410;
	n->n = 2;
}

static bool
is_name(const char *s, size_t n)
{
	return n > 0 && strspn(s, name_chars) >= n && !strchr("0123456789", *s);
}

/*
 * Refuse a name in braces that is not one of the words: it would be sent
 * unchanged. near_only: only if it resembles one of them.
 */
static void
check_braces(const struct profile_reader *r, const char *at, struct span text, struct span name,
	     const char *words, bool near_only)
{
	const char *near = NULL;
	unsigned best = SUGGEST_NONE;
	struct buf word = {0};
	bool known = false;
	for (const char *w = words; *w && !known; w += strspn(w, " ")) {
		size_t length = strcspn(w, " ");
		word.n = 0;
		buf_add(&word, w, length);
		known = span_is(name, buf_cstr(&word));
		if (suggest_closer(name.p, name.n, buf_cstr(&word), &best))
			near = w;
		w += length;
	}
	if (!known && near)
		profile_error(r, at, "\"%.*s\": {%.*s}: unknown name: did you mean {%.*s}?",
			      (int)text.n, text.p, (int)name.n, name.p, (int)strcspn(near, " "),
			      near);
	else if (!known && !near_only)
		profile_error(r, at, "\"%.*s\": {%.*s}: unknown name%s%s", (int)text.n, text.p,
			      (int)name.n, name.p, *words ? ": expected one of " : "", words);
	buf_free(&word);
}

static void
check_path(const struct profile_reader *r, const struct profile_member *m)
{
	const char *path = *(char **)(void *)((char *)r->p + m->to);
	for (const char *open = path ? strchr(path, '{') : NULL; open;
	     open = strchr(open + 1, '{')) {
		const char *name = open + 1 + (open[1] == '+');
		size_t n = strspn(name, name_chars);
		if (n && name[n] == '}' && (open == path || open[-1] != '$'))
			check_braces(r, m->at, span_of(path), (struct span){name, n}, m->words,
				     false);
	}
	if (path && *path && *path != '/' && strncmp(path, "http", 4) != 0 &&
	    strncmp(path, "${", 2) != 0)
		profile_error(r, m->at, "\"%s\": expected a path that starts with /", path);
}

/* Refuse a string in a body that is a mistyped name in braces. */
static void
check_body(const struct profile_reader *r, const char *at, const char *words)
{
	struct span body;
	if (!json_at(r->doc, at, &body))
		return;
	const char *end = body.p + body.n;
	for (const char *p = body.p; p + 3 < end; p++) {
		size_t n = strspn(p + 2, name_chars);
		if (p[0] == '"' && p[1] == '{' && n && p[2 + n] == '}' && p[3 + n] == '"')
			check_braces(r, at, (struct span){p + 1, n + 2}, (struct span){p + 2, n},
				     words, true);
	}
}

static void
check_defaults(const struct profile_reader *r)
{
	static const char at[] = "/request/defaults";
	struct span defaults, open;
	if (!json_at(r->doc, at, &defaults))
		return;
	if (json_type(defaults) != JSON_OBJECT)
		profile_error(r, at, "expected an object");
	else if ((open = template_unclosed(defaults)).n)
		profile_error(r, at, "\"%.*s\": expected } at its end", (int)open.n, open.p);
}

/* Check the body beside a path: it may have the same names in braces. */
static void
check_body_of(const struct profile_reader *r, const struct profile_member *m)
{
	struct buf at = {0};
	buf_fmt(&at, "%.*s/body", (int)(strrchr(m->at, '/') - m->at), m->at);
	check_body(r, buf_cstr(&at), m->words);
	buf_free(&at);
}

static void
check_template(const struct profile_reader *r, const char *text)
{
	for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
		const char *end = open + 1 + strcspn(open + 1, "{}");
		if ((open == text || open[-1] != '$') && (open[1] != '/' || *end != '}'))
			profile_error(r, "/url/template",
				      "\"%s\": expected a JSON Pointer in the braces", text);
	}
}

/* Check that a call has both a method and a path, and that one about a job names it. */
static void
check_call(const struct profile_reader *r, const char *name, const struct call *c, bool needed,
	   bool of_a_job)
{
	struct buf at = {0};
	buf_fmt(&at, "/%s", name);
	if ((needed && (!c->method || !c->path)) || !c->method != !c->path) {
		profile_error(r, buf_cstr(&at), "expected a method and a path");
	} else if (c->method && of_a_job && !strstr(c->path, "{id}") && !strstr(c->path, "{+id}") &&
		   (!c->body || !strstr(c->body, "{id}"))) {
		buf_str(&at, "/path");
		profile_error(r, buf_cstr(&at),
			      "\"%s\": expected {id} in it, or in the body: which job?", c->path);
	} else {
		buf_str(&at, "/method");
		profile_method(r, buf_cstr(&at), c->method);
	}
	buf_free(&at);
}

static void
check_name(const struct profile_reader *r, const char *at, const char *name)
{
	const char *colon = strchr(name, ':');
	size_t n = colon ? (size_t)(colon - name) : strlen(name);
	if (!is_name(name, n) || (colon && (!is_name(colon + 1, strlen(colon + 1)))))
		profile_error(r, at, "\"%s\": expected the name of an environment variable", name);
}

/*
 * Add each ${NAME} that /variables does not list. One that only headers use may
 * be shown, such as the id of an organization.
 */
struct finding {
	struct profile *p;
	bool secret;
};

static bool
found_variable(void *ctx, struct span name)
{
	struct finding *f = ctx;
	struct profile *p = f->p;
	if (profile_variable(p, name))
		return true;
	p->variables = mem_room(p->variables, p->variables_n, sizeof *p->variables);
	p->variables[p->variables_n++] = (struct variable){mem_dup(name), NULL, NULL, f->secret};
	return true;
}

/* Check the ${NAME}s of the base URL; their samples must be what can stand in it. */
static void
check_base_variables(const struct profile_reader *r)
{
	const struct profile *p = r->p;
	struct buf at = {0};
	for (const char *open = p->base_url ? strstr(p->base_url, "${") : NULL; open;
	     open = strstr(open + 2, "${")) {
		struct span name = {open + 2, strspn(open + 2, name_chars)};
		const struct variable *v = profile_variable(p, name);
		if (!is_name(name.p, name.n) || name.p[name.n] != '}')
			profile_error(r, "/base_url", "\"%s\": expected ${NAME}", p->base_url);
		if (!v || !v->sample || v->sample[strspn(v->sample, VARIABLE_HOST_CHARS)] == '\0')
			continue;
		at.n = 0;
		buf_fmt(&at, "/variables/%s/sample", v->name);
		profile_error(r, buf_cstr(&at),
			      "\"%s\": it is in the base URL: expected " VARIABLE_HOST_WORDS,
			      v->sample);
	}
	buf_free(&at);
}

static void
find_variables(const struct profile_reader *r)
{
	struct profile *p = r->p;
	const struct upload_profile *u = &p->upload;
	const struct call *const calls[] = {&p->create,  &p->get, &p->list,  &p->cancel,
					    &p->confirm, &p->url, &u->start, &u->send,
					    &u->finish,  &u->get, &u->more,  &u->abort};
	struct finding f = {p, true};
	for (size_t i = 0; i < p->variables_n; i++)
		if (!is_name(p->variables[i].name, strlen(p->variables[i].name)))
			profile_error(r, "/variables",
				      "\"%s\": expected the name of an environment variable",
				      p->variables[i].name);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		profile_each_variable(calls[i]->path, found_variable, &f);
		profile_each_variable(calls[i]->body, found_variable, &f);
	}
	profile_each_variable(p->base_url, found_variable, &f);
	check_base_variables(r);
	profile_each_variable(p->defaults, found_variable, &f);
	f.secret = false;
	profile_each_variable(p->sigv4, found_variable, &f);
	for (size_t i = 0; i < p->headers.n; i++)
		profile_each_variable(p->headers.v[i], found_variable, &f);
}

static void
check_parts(const struct profile_reader *r)
{
	struct profile *p = r->p;
	const char *why = p->base_url ? http_url_problem(p->base_url) : NULL;
	if (why)
		profile_error(r, "/base_url", "\"%s\": %s", p->base_url, why);
	for (const struct profile_member *m = profile_members; m->at; m++)
		if (m->kind == PROFILE_PATH) {
			check_path(r, m);
			check_body_of(r, m);
		}
	check_body(r, "/upload/part/item", "number etag");
	for (size_t i = 0; i < p->url_templates.n; i++)
		check_template(r, p->url_templates.v[i]);
	check_call(r, "create", &p->create, true, false);
	check_call(r, "get", &p->get, true, true);
	check_call(r, "list", &p->list, false, false);
	check_call(r, "cancel", &p->cancel, false, true);
	check_call(r, "confirm", &p->confirm, false, true);
	check_call(r, "url", &p->url, false, true);
	for (size_t i = 0; i < p->key_envs.n; i++)
		check_name(r, "/auth/env", p->key_envs.v[i]);
	if (p->hook_env)
		check_name(r, "/webhook/env", p->hook_env);
	check_defaults(r);
	if (p->output_status.n && !p->output_states_n)
		profile_error(r, "/url/states", "missing: what the words at /url/status mean");
	if (p->key_window && !p->key_pointer && !p->key_header)
		profile_error(r, "/idempotency/window",
			      "expected /idempotency/in to say where keys go");
	find_variables(r);
}

static void
check_needed(const struct profile_reader *r)
{
	const struct profile *p = r->p;
	if (!p->name || !*p->name)
		profile_error(r, "/name", "missing");
	if (!p->base_url)
		profile_error(r, "/base_url", "missing");
	if (!p->id.n && !p->create_id.n && !p->create_id_header)
		profile_error(r, "/job/id", "missing");
	if (!p->status.n)
		profile_error(r, "/job/status", "missing");
	if (!p->source_url)
		profile_error(r, "/request/source/url", "missing");
	if (p->list.method && !p->list_items.n)
		profile_error(r, "/list/items", "missing");
	if (p->backoff < MILLISECOND)
		profile_error(r, "/pace/backoff", "expected at least 1ms");
}

void
profile_complete(const struct profile_reader *r)
{
	struct profile *p = r->p;
	check_needed(r);
	check_parts(r);
	if (!p->source_path && p->source_url)
		p->source_path = mem_dup(span_of(p->source_url));
	if (!p->get_settle)
		p->get_settle = SETTLE_CAPS * p->poll_cap;
	/* a job that a cancel deletes is not there afterwards */
	if (p->cancel.method && strcmp(p->cancel.method, "DELETE") == 0 && !p->cancel_gone.v)
		default_gone(&p->cancel_gone);
	if (p->settle < 0)
		p->settle = p->timeout + SETTLE_MARGIN;
	default_pointers(&p->job, "");
	default_pointers(&p->outputs, "");
}
