/* The request of a line. */
#include "body.h"

#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "http/http.h"
#include "key.h"
#include "json/json.h"
#include "json/template.h"

/* Put the source into the body. Return NULL, or why it cannot be. */
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
		msg_warn("%s: the URL contains a space, which most services refuse: write %%20",
			 source);
	}
	json_set_string(body, url ? p->source_url : p->source_path, source);
	return NULL;
}

/*
 * Return why an object is refused, or NULL: one that names its source by
 * another service's member would make a request without a source.
 */
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

/* Merge the line over the body. Return NULL, or why it cannot be. */
static const char *
add_line(struct request_plan *plan, struct record *r, struct buf *body)
{
	struct span input;
	char *source = NULL;
	if (r->kind == RECORD_BARE)
		return set_source(plan, body, r->text);
	if (r->kind == RECORD_OBJECT) {
		json_merge_into(body, r->value);
		return other_words(plan, r->value, buf_all(body));
	}
	source = record_text(r, "url");
	if (r->kind == RECORD_BAD)
		return r->why;
	if (!source && json_get(r->value, "input", &input) == 1 &&
	    json_type(input) == JSON_OBJECT) {
		json_merge_into(body, input);
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

/* Name the item in the ledger: its key, and a number where the user chose the key, as several lines
 * may have the same. A default key is unique already. */
static void
name_item(struct request_plan *plan, struct request *out)
{
	bool chosen = plan->o->key || plan->o->batch;
	uint64_t n = chosen ? seen_count(&plan->keys, span_of(out->key)) : 1;
	struct buf b = {0};
	buf_str(&b, out->key);
	if (n > 1)
		buf_fmt(&b, "#%llu", (unsigned long long)n);
	out->item = buf_take(&b);
}

/* Replace the names in braces in the base. Return NULL, or why one of them has no value. */
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

/* Build the request from a base (as it is shown, or as it is sent): fill it in, and merge the line
 * over it. Return NULL, or why it cannot be. */
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

/* Replace {key} in a request, once the key is known. */
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

/* Return why a job is refused whose output goes where an earlier line's goes, or NULL: it would
 * overwrite that one. */
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
