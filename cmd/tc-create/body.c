#include "body.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/msg.h"
#include "base/opt.h"
#include "http/http.h"
#include "key.h"
#include "service/variables.h"
#include "json/json.h"
#include "json/template.h"

enum { DEFAULTS_BYTES_MAX = 16 << 20 };

static void
merge(struct buf *b, struct span patch)
{
	struct buf out = {0};
	json_merge(&out, buf_all(b), patch);
	buf_free(b);
	*b = out;
}

/* Sets a value in what every request starts from, as it is shown and as it is sent. */
static void
set_base(struct request_plan *plan, const char *pointer, struct span value)
{
	request_set(&plan->base, pointer, value);
	if (plan->sent.n)
		request_set(&plan->sent, pointer, value);
}

static void
set_base_text(struct request_plan *plan, const char *pointer, const char *text)
{
	struct buf quoted = {0};
	json_quote(&quoted, span_of(text));
	set_base(plan, pointer, buf_all(&quoted));
	buf_free(&quoted);
}

static void
bad_defaults_file(const char *given, struct span text, size_t at, const char *why)
{
	size_t line = 1, column = 1;
	for (size_t i = 0; i < at && i < text.n; i++) {
		column = text.p[i] == '\n' ? 1 : column + 1;
		line += text.p[i] == '\n';
	}
	opt_usage("-d %s: line %zu, column %zu: not JSON: %s", given, line, column, why);
}

/* Adds what -d gives; returns it, for the caller to free. */
static struct buf
merge_defaults(struct request_plan *plan, const char *given)
{
	struct buf b = {0};
	size_t at;
	if (*given == '@') {
		if (buf_read_file(&b, given + 1, DEFAULTS_BYTES_MAX) < 0)
			opt_usage("-d %s: %s", given, strerror(errno));
	} else {
		buf_str(&b, given);
	}
	const char *why = json_check(buf_all(&b), &at);
	if (why && *given != '@' && access(given, F_OK) == 0)
		opt_usage("-d %s: not JSON, but a file: write -d @%s", given, given);
	if (why && *given == '@')
		bad_defaults_file(given, buf_all(&b), at, why);
	if (why)
		opt_usage("-d: not JSON: %s (byte %zu)", why, at + 1);
	if (json_type(buf_all(&b)) != JSON_OBJECT)
		opt_usage("-d %.*s: expected a JSON object, such as {\"outputFormat\":\"mp4\"}",
			  (int)(strlen(given) < 80 ? strlen(given) : 80), given);
	merge(&plan->base, buf_all(&b));
	if (plan->sent.n)
		merge(&plan->sent, buf_all(&b));
	return b;
}

/* A service may ignore what it does not know, and bill the job all the same. */
static void
unlisted_word(const struct profile *p, const struct known_values *list, const char *value,
	      bool force)
{
	struct buf known = {0};
	for (size_t i = 0; i < list->words.n; i++)
		buf_fmt(&known, "%s%s", i ? ", " : "", list->words.v[i]);
	if (!force)
		opt_usage("--%s %s: not a word that profile %s lists: %s; --force sends it all the "
			  "same",
			  list->option, value, p->name, buf_cstr(&known));
	msg_warn("--%s %s: not a word that profile %s lists: %s", list->option, value, p->name,
		 buf_cstr(&known));
	buf_free(&known);
}

/* What goes with a word, but where -d has its own value. */
static void
set_companions(struct request_plan *plan, const char *option, const char *word, struct span given)
{
	const struct profile *p = plan->profile;
	struct span v;
	for (size_t i = 0; i < p->with_n; i++) {
		const struct word_companion *w = &p->with[i];
		if (strcmp(w->option, option) == 0 && strcmp(w->word, word) == 0 &&
		    !(given.n && json_at(given, w->pointer, &v)))
			set_base(plan, w->pointer, span_of(w->value));
	}
}

static void
set_flag(struct request_plan *plan, const char *option, const char *pointer, const char *value,
	 struct span given)
{
	const struct profile *p = plan->profile;
	if (!value)
		return;
	if (!pointer)
		opt_usage("--%s: profile %s has no place for it: use -d", option, p->name);
	for (size_t i = 0; i < p->words_n; i++)
		if (strcmp(p->words[i].option, option) == 0 &&
		    !strings_have(&p->words[i].words, value))
			unlisted_word(p, &p->words[i], value, plan->o->force);
	set_companions(plan, option, value, given);
	set_base_text(plan, pointer, value);
}

/* A member below pointer, its name escaped (RFC 6901). */
static void
set_member(struct request_plan *plan, const char *pointer, struct span name, const char *value)
{
	struct buf at = {0};
	buf_fmt(&at, "%s/", pointer);
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == '~' || name.p[i] == '/')
			buf_str(&at, name.p[i] == '~' ? "~0" : "~1");
		else
			buf_ch(&at, name.p[i]);
	set_base_text(plan, buf_cstr(&at), value);
	buf_free(&at);
}

static void
set_metadata(struct request_plan *plan)
{
	const struct profile *p = plan->profile;
	for (size_t i = 0; i < plan->o->metadata.n; i++) {
		const char *pair = plan->o->metadata.v[i], *eq = strchr(pair, '=');
		if (!eq || eq == pair)
			opt_usage("-m: expected KEY=VALUE, got \"%s\"", pair);
		if (!p->metadata)
			opt_usage("-m: profile %s has no place for metadata", p->name);
		set_member(plan, p->metadata, (struct span){pair, (size_t)(eq - pair)}, eq + 1);
	}
	if (plan->o->batch && p->batch)
		set_base_text(plan, p->batch, plan->o->batch);
}

/* What the profile's requests start from; its variables are filled in before anything of the user's
 * is near. */
static void
start_base(struct request_plan *plan)
{
	const struct profile *p = plan->profile;
	const char *text = p->defaults ? p->defaults : "{}";
	variables_fill(p, text, VARIABLE_JSON, true, plan->o->samples, &plan->base);
	if (!plan->o->dry && strstr(text, "${"))
		variables_fill(p, text, VARIABLE_JSON, false, plan->o->samples, &plan->sent);
}

/* A variable of the profile's that is still asked for, and has no value, is missed before anything
 * is sent. */
static void
check_base(const struct request_plan *plan)
{
	const struct profile *p = plan->profile;
	struct buf left = {0};
	if (plan->sent.n) {
		const char *missing = variables_fill(p, buf_cstr((struct buf *)&plan->sent),
						     VARIABLE_JSON, true, plan->o->samples, &left);
		if (missing)
			variables_missing(p, missing);
	}
	buf_free(&left);
}

void
request_plan(struct request_plan *plan, const struct profile *p, const struct request_options *o)
{
	const char *pool_key = getenv("TC_IDEMPOTENCY_KEY");
	if (o->batch && !*o->batch)
		opt_usage("-b: expected a name, got \"\"");
	if (o->key && !*o->key)
		opt_usage("-k: expected a template, got \"\"");
	*plan = (struct request_plan){
		.profile = p, .o = o, .pool_key = pool_key && *pool_key ? pool_key : NULL};
	start_base(plan);
	struct buf given = {0};
	if (o->defaults)
		given = merge_defaults(plan, o->defaults);
	set_flag(plan, "format", p->format, o->format, buf_all(&given));
	set_flag(plan, "quality", p->quality, o->quality, buf_all(&given));
	set_flag(plan, "resolution", p->resolution, o->resolution, buf_all(&given));
	set_metadata(plan);
	check_base(plan);
	struct template t;
	template_parse(&t, buf_cstr(&plan->base), TEMPLATE_NAMES | TEMPLATE_SOURCE);
	plan->fills = t.fills > 0;
	template_free(&t);
	buf_free(&given);
}

void
request_plan_free(struct request_plan *plan)
{
	buf_free(&plan->base);
	buf_free(&plan->sent);
	seen_free(&plan->keys);
	keybook_free(&plan->chosen);
	keybook_free(&plan->outputs);
	buf_free(&plan->why);
}

/* NULL, or why not. */
static const char *
set_source(struct request_plan *plan, struct buf *body, const char *source)
{
	const struct profile *p = plan->profile;
	bool url = url_has_scheme(source);
	if (!url && p->urls_only) {
		plan->why.n = 0;
		buf_fmt(&plan->why,
			"%s: %s reads URLs only: upload the file with tc-put, and create the job "
			"from its record",
			source, p->name);
		return buf_cstr(&plan->why);
	}
	if (url && strchr(source, ' ') && !plan->space_warned) {
		plan->space_warned = true;
		msg_warn("%s: a URL with a space in it, which services seldom take: write %%20",
			 source);
	}
	json_set_string(body, url ? p->source_url : p->source_path, source);
	return NULL;
}

/* An object that names a source in other words than the service's: it would make a request without
 * one. NULL if not. */
static const char *
other_words(struct request_plan *plan, struct span object, struct span body)
{
	static const char *const words[] = {"url", "src", "source"};
	const struct profile *p = plan->profile;
	struct span v;
	if (!p->source_url || json_at(body, p->source_url, &v) ||
	    (p->source_path && json_at(body, p->source_path, &v)))
		return NULL;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		char *source = json_get(object, words[i], &v) == 1 ? json_text(v) : NULL;
		struct buf example = {0};
		if (!source)
			continue;
		json_set_string(&example, p->source_url, source);
		plan->why.n = 0;
		buf_fmt(&plan->why,
			"\"%s\" is not %s's word for a source: an object is a request in the "
			"service's own words, here %s; "
			"or give the URL alone",
			words[i], p->name, buf_cstr(&example));
		buf_free(&example);
		free(source);
		return buf_cstr(&plan->why);
	}
	return NULL;
}

/* The line's part of the body. */
static const char *
add_line(struct request_plan *plan, struct record *r, struct buf *body)
{
	struct span input;
	char *source = NULL;
	if (r->kind == RECORD_BARE)
		return set_source(plan, body, r->text);
	if (r->kind == RECORD_OBJECT) {
		merge(body, r->value);
		return other_words(plan, r->value, buf_all(body));
	}
	source = record_text(r, "url");
	if (r->kind == RECORD_BAD)
		return r->why;
	if (!source && json_get(r->value, "input", &input) == 1 &&
	    json_type(input) == JSON_OBJECT) {
		merge(body, input);
		return NULL;
	}
	if (!source)
		source = record_text(r, "input");
	if (r->kind == RECORD_BAD)
		return r->why;
	if (!source || !*source) {
		free(source);
		return "the record names no source: it has neither url nor input";
	}
	const char *why = set_source(plan, body, source);
	free(source);
	return why;
}

/* A default key is an item's own already; one that the user chose may be given to several lines. */
static void
name_item(struct request_plan *plan, struct request *out)
{
	bool chosen = plan->o->key || plan->o->batch;
	uint64_t n = chosen ? seen_count(&plan->keys, span_of(out->key)) : 1;
	struct buf b = {0};
	buf_str(&b, out->key);
	if (n > 1)
		buf_fmt(&b, "#%llu", (unsigned long long)n);
	out->item = mem_dup(buf_all(&b));
	buf_free(&b);
}

/* What a request starts from, with the fills of the profile's and -d's texts; NULL, or why one has
 * no value. */
static const char *
fill_base(struct request_plan *plan, const struct buf *base, const struct record *r,
	  const struct item *it, const char *source, struct buf *out)
{
	struct template_value batch = {.name = "batch", .value = plan->o->batch};
	struct template_args args = {.values = &batch,
				     .values_n = 1,
				     .index = it->index,
				     .objects = {r->value},
				     .escape = json_escape};
	struct span fill;
	if (source)
		args.source = span_of(source);
	out->n = 0;
	const char *why = template_once(buf_cstr((struct buf *)base),
					TEMPLATE_NAMES | TEMPLATE_SOURCE, &args, out, &fill);
	if (why) {
		plan->why.n = 0;
		buf_fmt(&plan->why, "the request has %.*s in it: %s", (int)fill.n, fill.p, why);
	}
	return why ? buf_cstr(&plan->why) : NULL;
}

/* The request as it is shown or sent: the base, its fills, and the line over it. */
static const char *
build(struct request_plan *plan, const struct buf *base, struct record *r, const struct item *it,
      struct buf *out)
{
	buf_span(out, buf_all(base));
	const char *why = add_line(plan, r, out);
	if (why || !plan->fills)
		return why;
	char *source = key_source(plan->profile, r, buf_all(out));
	why = fill_base(plan, base, r, it, source, out);
	free(source);
	return why ? why : add_line(plan, r, out);
}

/* {key} in a request, once the key is known. */
static void
fill_key(const struct request_plan *plan, struct buf *body, const char *key)
{
	struct template_value value = {.name = "key", .value = key};
	struct template_args args = {.values = &value, .values_n = 1, .escape = json_escape};
	struct buf out = {0};
	struct span fill;
	if (!plan->fills || !body->n)
		return;
	(void)template_once(buf_cstr(body), TEMPLATE_NAMES, &args, &out, &fill);
	buf_free(body);
	*body = out;
}

/* Two jobs that write to one place: the second would take the first one's output away. */
static const char *
taken_output(struct request_plan *plan, const struct item *it, struct span body)
{
	struct span v;
	size_t first;
	char *output = plan->profile->output && json_at(body, plan->profile->output, &v)
			       ? json_text(v)
			       : NULL;
	if (!output || keybook_note(&plan->outputs, span_of(output), body, it->index, &first)) {
		free(output);
		return NULL;
	}
	plan->why.n = 0;
	buf_fmt(&plan->why, "its output \"%s\" is that of line %zu: put {stem} or {index} into it",
		output, first + 1);
	free(output);
	return buf_cstr(&plan->why);
}

const char *
request_build(struct request_plan *plan, struct record *r, const struct item *it,
	      struct request *out)
{
	struct buf key = {0};
	*out = (struct request){0};
	const char *why = build(plan, &plan->base, r, it, &out->body);
	if (!why && plan->sent.n)
		why = build(plan, &plan->sent, r, it, &out->sent);
	if (!why)
		why = taken_output(plan, it, buf_all(&out->body));
	if (!why)
		why = key_make(plan, r, it, buf_all(&out->body), &key);
	if (!why) {
		key_apply(plan->profile, &key, out);
		fill_key(plan, &out->body, out->key);
		fill_key(plan, &out->sent, out->key);
		name_item(plan, out);
	}
	buf_free(&key);
	return why;
}

void
request_generation(const struct request_plan *plan, struct request *q, unsigned n)
{
	struct buf key = {0};
	buf_fmt(&key, "%s~%u", q->key, n);
	key_apply(plan->profile, &key, q);
	buf_free(&key);
}

char *
request_plan_hash(const struct request_plan *plan, const char *base_url)
{
	const struct request_options *o = plan->o;
	struct buf text = {0}, hex = {0};
	buf_fmt(&text, "%s\n%s\n%s\n%s\n", plan->profile->name, base_url, o->batch ? o->batch : "",
		o->key ? o->key : "");
	buf_span(&text, buf_all(&plan->base));
	sha256_hex(&hex, buf_all(&text));
	char *out = mem_dup(buf_all(&hex));
	buf_free(&text);
	buf_free(&hex);
	return out;
}

char *
request_plan_about(const struct request_plan *plan, const char *base_url)
{
	const struct request_options *o = plan->o;
	struct span key, value;
	struct buf b = {0};
	json_open(&b);
	json_str(&b, "provider", span_of(plan->profile->name));
	json_str(&b, "base-url", span_of(base_url));
	if (o->batch)
		json_str(&b, "batch", span_of(o->batch));
	if (o->key)
		json_str(&b, "key", span_of(o->key));
	for (struct json_iter it = json_each(buf_all(&plan->base)); json_next(&it, &key, &value);) {
		char *name = mem_dup(key);
		json_raw(&b, name, value);
		free(name);
	}
	json_close(&b);
	char *out = mem_dup(buf_all(&b));
	buf_free(&b);
	return out;
}

void
request_free(struct request *q)
{
	buf_free(&q->body);
	buf_free(&q->sent);
	free(q->key);
	free(q->header);
	free(q->item);
	*q = (struct request){0};
}

const struct buf *
request_sent(const struct request *q)
{
	return q->sent.n ? &q->sent : &q->body;
}

/* All texts at a pointer, one a line; how many there were. */
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

bool
request_matches(const struct profile *p, struct span body, struct span job)
{
	bool same = p->match_request.n > 0;
	for (size_t i = 0; i < p->match_request.n && same; i++) {
		struct gathered a = {0}, b = {0};
		json_walk(body, p->match_request.v[i], gather, &a);
		json_walk(job, p->match_job.v[i], gather, &b);
		/* only the first pair must be there: it is what tells a job */
		if (i == 0 || (a.n && b.n))
			same = a.n && a.n == b.n && a.text.n == b.text.n &&
			       memcmp(a.text.p, b.text.p, a.text.n) == 0;
		buf_free(&a.text);
		buf_free(&b.text);
	}
	return same;
}
