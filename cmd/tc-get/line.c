/* Reads a line: what to fetch for it, and what its file names are made from. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/msg.h"
#include "base/path.h"
#include "get.h"
#include "service/joblist.h"
#include "json/json.h"

struct get *
get_of(struct service *s)
{
	return (struct get *)(void *)s;
}

struct job *
job_of(struct service_item *it)
{
	return (struct job *)(void *)it;
}

static bool
has_scheme(const char *s, const char *scheme)
{
	return strncasecmp(s, scheme, strlen(scheme)) == 0;
}

static bool
is_http(const char *s)
{
	return has_scheme(s, "http://") || has_scheme(s, "https://");
}

/* Return the path of a URL, decoded; any other text itself. */
static char *
source_path(const char *text)
{
	const char *host = strstr(text, "://");
	if (!host)
		return mem_dup(span_of(text));
	struct buf b = {0};
	const char *end = text + name_url_length(text), *p = host + 3 + strcspn(host + 3, "/?#");
	for (p += p < end && *p == '/'; p < end; p++) {
		int byte = http_unescape(p, end);
		bool decoded = byte > 0;
		char c = decoded ? (char)byte : *p;
		buf_ch(&b, decoded && c == '/' ? '_' : c);
		p += decoded ? 2 : 0;
	}
	char *path = mem_dup(buf_all(&b));
	buf_free(&b);
	return path;
}

/* Set what the line's file names are made from: the job's source, or what else identifies it. */
static void
find_source(const struct get *g, struct job *j)
{
	const struct profile *p = g->service.profile;
	struct span v, at;
	char *text = NULL;
	if (j->line.kind == RECORD_RECORD && json_get(j->line.value, "input", &v) == 1) {
		text = json_text(v);
		if (json_type(v) == JSON_OBJECT &&
		    ((p->source_url && json_at(v, p->source_url, &at)) ||
		     (p->source_path && json_at(v, p->source_path, &at))))
			text = json_text(at);
	} else if (!j->id && j->name) {
		text = mem_dup(span_of(j->name));
	}
	j->source = text && *text ? source_path(text) : NULL;
	if (!j->source || !path_base(span_of(j->source)).n) {
		free(j->source);
		j->source = mem_dup(span_of(j->id ? j->id : "output"));
	}
	free(text);
}

static bool
add_url(void *ctx, struct span v)
{
	struct job *j = ctx;
	char *url = json_text(v);
	if (url && *url)
		outputs_add(&j->out, url);
	else
		free(url);
	return true;
}

/* Take from a record its id, URLs and key, and their times. */
static void
read_record(const struct get *g, struct job *j)
{
	struct record *r = &j->line;
	struct span job;
	char *provider = record_text(r, "provider"), *expires = record_text(r, "expires");
	bool ours = !provider || strcmp(provider, g->service.profile->name) == 0;
	j->id = record_text(r, "id");
	j->key = record_text(r, "key");
	json_walk(r->value, "/urls/*", add_url, j);
	/* beside a job's id, a url alone is the job's source, as tc-put writes it */
	if (!j->out.n && (!j->id || !ours))
		json_walk(r->value, "/url", add_url, j);
	j->out.expires = NEVER;
	if (expires)
		date_parse(expires, &j->out.expires);
	j->foreign = !ours;
	if (json_get(r->value, "job", &job) == 1)
		(void)joblist_created(g->service.profile, job, &j->made);
	free(provider);
	free(expires);
	if (r->kind == RECORD_OBJECT)
		r->kind = RECORD_RECORD; /* a job object of the service's: it is written back as a
					    record */
}

/* Return why the line cannot be fetched, or NULL. */
static const char *
problem(const struct job *j)
{
	if (j->line.kind == RECORD_BAD)
		return j->line.why;
	if (j->id && (!*j->id || strcmp(j->id, ".") == 0 || strcmp(j->id, "..") == 0))
		return "the id is empty, \".\" or \"..\"";
	if (!j->id && !j->out.n)
		return "it has neither a URL nor a job's id";
	if (j->foreign && !j->out.n)
		return "its job was made with another provider: give the same -p as to tc-create";
	return j->line.kind == RECORD_BARE && j->id ? record_not_an_id(j->id) : NULL;
}

/* Identify a URL without its query, which may be a signature. */
static void
name_job(struct job *j)
{
	const char *url = j->out.n ? j->out.urls[0] : "";
	j->name =
		j->id ? mem_dup(span_of(j->id)) : mem_dup((struct span){url, name_url_length(url)});
}

static bool
read_line(struct get *g, struct job *j)
{
	struct item *it = &j->step.item;
	struct record *r = &j->line;
	record_read(r, it);
	if (r->kind == RECORD_RECORD && !r->ok) {
		item_pass_through(&g->service.flow, it, r);
		return false;
	}
	j->out.expires = NEVER;
	if (r->kind == RECORD_RECORD || r->kind == RECORD_OBJECT)
		read_record(g, j);
	else if (r->kind == RECORD_BARE && strstr(r->text, "://"))
		outputs_add(&j->out, mem_dup(span_of(r->text)));
	else if (r->kind == RECORD_BARE)
		j->id = mem_dup(span_of(r->text));
	const char *why = problem(j);
	if (why) {
		r->kind = RECORD_BAD;
		r->why = why;
		item_reject(&g->service.flow, it, r);
		return false;
	}
	name_job(j);
	find_source(g, j);
	return true;
}

/* Refuse an address of any other kind. */
bool
line_can_be_fetched(const struct job *j, struct failure *e)
{
	struct span sum; /* only tc-put sets it beside a url */
	for (size_t i = 0; i < j->out.n; i++)
		if (object_is(j->out.urls[i])) {
			if (!object_open(j->get, j->out.urls[i], e)) {
				if (!j->id && j->line.kind == RECORD_RECORD &&
				    json_get(j->line.value, "sha256", &sum) == 1)
					buf_str(&e->message, " (it is an upload, not an output: "
							     "put tc-create and tc-wait before "
							     "tc-get)");
				return false;
			}
		} else if (!is_http(j->out.urls[i])) {
			failure_set(e, "rejected", false,
				    "%.*s cannot be fetched: only http, https, s3 and gs",
				    (int)name_url_length(j->out.urls[i]), j->out.urls[i]);
			return false;
		}
	return true;
}

void
line_admit(struct service *s, struct service_item *it)
{
	struct get *g = get_of(s);
	struct job *j = job_of(it);
	struct failure e = {0};
	j->get = g;
	if (!read_line(g, j))
		return;
	char *state = j->line.kind == RECORD_RECORD ? record_text(&j->line, "state") : NULL;
	j->step.made = state != NULL;
	j->succeeded = state && strcmp(state, "succeeded") == 0;
	if (state && (strcmp(state, "pending") == 0 || strcmp(state, "running") == 0))
		resolve_too_early(&e, state);
	else if (line_can_be_fetched(j, &e) && !finish_known(j))
		queue_job(g, j);
	if (e.code)
		finish_record(j, &e);
	failure_free(&e);
	free(state);
}
