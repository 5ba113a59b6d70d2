/* What all requests of a run have in common. */
#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/msg.h"
#include "base/opt.h"
#include "service/variables.h"
#include "json/json.h"
#include "json/template.h"

enum { DEFAULTS_BYTES_MAX = 16 << 20 };

/* Set a value in the base, as it is shown and as it is sent. */
static void
set_base(struct request_plan *plan, const char *pointer, struct span value)
{
	json_set_into(&plan->base, pointer, value);
	if (plan->sent.n)
		json_set_into(&plan->sent, pointer, value);
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

/* Merge the value of -d into the base. Return its text; the caller frees it. */
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
	if (why && *given != '@' && *given != '{')
		opt_usage("-d %s: expected a JSON object or @FILE (a source that begins with - "
			  "comes after --)",
			  given);
	if (why && *given == '@')
		bad_defaults_file(given, buf_all(&b), at, why);
	if (why)
		opt_usage("-d: not JSON: %s (byte %zu)", why, at + 1);
	if (json_type(buf_all(&b)) != JSON_OBJECT)
		opt_usage("-d %.*s: expected a JSON object, such as {\"outputFormat\":\"mp4\"}",
			  (int)(strlen(given) < 80 ? strlen(given) : 80), given);
	json_merge_into(&plan->base, buf_all(&b));
	if (plan->sent.n)
		json_merge_into(&plan->sent, buf_all(&b));
	return b;
}

/* Refuse a word that the profile does not list, or warn with --force: a service may ignore it and
 * bill the job all the same. */
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

/* Set the values that a word brings with it, unless -d sets them. */
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

/* Set a member below pointer; its name is escaped (RFC 6901). */
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

/*
 * Start from the profile's defaults. Its variables are filled in first, so that
 * the user's text is not searched for any.
 */
static void
start_base(struct request_plan *plan)
{
	const struct profile *p = plan->profile;
	const char *text = p->defaults ? p->defaults : "{}";
	variables_fill(p, text, VARIABLE_JSON, true, plan->o->samples, &plan->base);
	if (!plan->o->dry && strstr(text, "${"))
		variables_fill(p, text, VARIABLE_JSON, false, plan->o->samples, &plan->sent);
}

/* Exit if a variable that is still in the base has no value, before anything is sent. */
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
	if (o->key)
		template_check("-k", o->key, TEMPLATE_SOURCE, "url batch");
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
	struct span open = template_unclosed(buf_all(&plan->base));
	if (open.n)
		opt_usage("the request has %.*s in it: expected } at its end", (int)open.n, open.p);
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
