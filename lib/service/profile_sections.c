/* The members of a profile that are more than one value: who it lets in, its headers, states, words, matches, keys. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "json/json.h"
#include "flow/pace.h"
#include "service/profile_value.h"

static void
read_auth(const struct profile_reader *r)
{
	static const char *const kinds[] = {"none", "bearer", "header", "basic", "sigv4"};
	struct span v;
	struct profile *p = r->p;
	if (!json_at(r->doc, "/auth/type", &v))
		return;
	char *kind = profile_text(r, "/auth/type", v);
	size_t i = 0;
	while (i < 5 && strcmp(kind, kinds[i]) != 0)
		i++;
	if (i == 5)
		profile_error(r, "/auth/type", "\"%s\": none, bearer, header, basic or sigv4 is wanted", kind);
	p->auth = (enum auth)i;
	if (p->auth != AUTH_NONE && !p->key_env)
		profile_error(r, "/auth/env", "missing: the environment variable that holds the key");
	if (p->auth == AUTH_HEADER && !p->key_name)
		profile_error(r, "/auth/name", "missing: the header that carries the key");
	if (p->auth == AUTH_SIGV4 && !p->sigv4)
		profile_error(r, "/auth/sigv4", "missing: provider:provider:region:service, for instance aws:amz:eu-west-1:mediaconvert");
	free(kind);
}

static void
read_states(const struct profile_reader *r)
{
	struct span all, key, v;
	struct profile *p = r->p;
	if (!json_at(r->doc, "/states", &all))
		profile_error(r, "/states", "missing: what the service's status words mean");
	for (struct json_iter it = json_each(all); json_next(&it, &key, &v);) {
		char *word = profile_text(r, "/states", v);
		int s = STATE_PENDING;
		while (s <= STATE_BLOCKED && strcmp(word, state_name((enum state)s)) != 0)
			s++;
		if (s > STATE_BLOCKED)
			profile_error(r, "/states", "\"%s\": pending, running, succeeded, partial, failed, canceled or blocked is wanted", word);
		p->states = mem_grow(p->states, (p->states_n + 1) * sizeof *p->states);
		p->states[p->states_n++] = (struct state_map){mem_dup(key), (enum state)s};
		free(word);
	}
}

static void
read_words(const struct profile_reader *r)
{
	struct span all, key, v;
	struct profile *p = r->p;
	if (!json_at(r->doc, "/request/words", &all))
		return;
	for (struct json_iter it = json_each(all); json_next(&it, &key, &v);) {
		p->words = mem_grow(p->words, (p->words_n + 1) * sizeof *p->words);
		p->words[p->words_n] = (struct known_values){.option = mem_dup(key)};
		profile_strings(r, "/request/words", v, &p->words[p->words_n++].words, false);
	}
}

/* {"format": {"webm": {"/pointer": value}}} */
static void
read_with(const struct profile_reader *r)
{
	struct span all, option, words, word, set, pointer, value;
	struct profile *p = r->p;
	if (json_at(r->doc, "/request/source/only", &value)) {
		if (!span_is(value, "\"url\""))
			profile_error(r, "/request/source/only", "only \"url\" is known");
		p->urls_only = true;
	}
	if (!json_at(r->doc, "/request/with", &all))
		return;
	for (struct json_iter i = json_each(all); json_next(&i, &option, &words);)
		for (struct json_iter k = json_each(words); json_next(&k, &word, &set);)
			for (struct json_iter m = json_each(set); json_next(&m, &pointer, &value);) {
				p->with = mem_grow(p->with, (p->with_n + 1) * sizeof *p->with);
				p->with[p->with_n++] = (struct word_companion){mem_dup(option), mem_dup(word),
					profile_pointer(r, "/request/with", (struct span){pointer.p - 1, pointer.n + 2}),
					mem_dup(value)};
			}
}

static void
read_match(const struct profile_reader *r)
{
	struct span all, key, pair, a, b;
	if (!json_at(r->doc, "/list/match", &all))
		return;
	for (struct json_iter it = json_each(all); json_next(&it, &key, &pair);) {
		if (!json_at(pair, "/0", &a) || !json_at(pair, "/1", &b))
			profile_error(r, "/list/match", "a list of pairs of pointers, request and job, is wanted");
		strings_add(&r->p->match_request, profile_pointer(r, "/list/match", a));
		strings_add(&r->p->match_job, profile_pointer(r, "/list/match", b));
	}
}

static void
read_idempotency(const struct profile_reader *r)
{
	struct span in, name;
	struct profile *p = r->p;
	if (!json_at(r->doc, "/idempotency/in", &in) || span_is(in, "\"none\""))
		return;
	if (!json_at(r->doc, "/idempotency/name", &name))
		profile_error(r, "/idempotency/name", "missing");
	if (span_is(in, "\"body\""))
		p->key_pointer = profile_pointer(r, "/idempotency/name", name);
	else if (span_is(in, "\"header\""))
		p->key_header = profile_text(r, "/idempotency/name", name);
	else
		profile_error(r, "/idempotency/in", "body, header or none is wanted");
}

/* Which of two words stands at a pointer: true for the second; false, too, if there is none. */
static bool
read_choice(const struct profile_reader *r, const char *at, const char *first, const char *second)
{
	struct span v;
	if (!json_at(r->doc, at, &v))
		return false;
	char *word = profile_text(r, at, v);
	bool is_second = strcmp(word, second) == 0;
	if (!is_second && strcmp(word, first) != 0)
		profile_error(r, at, "\"%s\": expected %s or %s", word, first, second);
	free(word);
	return is_second;
}

/* What is signed must have the body in it, and whatever else is believed of an event. */
static void
check_signed(const struct profile_reader *r)
{
	static const char at[] = "/webhook/signed";
	const struct profile *p = r->p;
	const char *text = p->hook_signed;
	bool time = p->hook_time || p->hook_time_header;
	for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{'))
		if (strncmp(open, "{id}", 4) != 0 && strncmp(open, "{time}", 6) != 0 && strncmp(open, "{body}", 6) != 0)
			profile_error(r, at, "\"%s\": expected {id}, {time} and {body} in braces", text);
	if (!strstr(text, "{body}"))
		profile_error(r, at, "\"%s\": {body} is missing: anything could be in it", text);
	if (!strstr(text, "{time}") == time)
		profile_error(r, at, time ? "\"%s\": {time} is missing: an event could be sent again later"
					  : "\"%s\": {time}: neither time nor time_header says where it is", text);
	if (!strstr(text, "{id}") == (p->hook_id_header != NULL))
		profile_error(r, at, p->hook_id_header ? "\"%s\": {id} is missing: an event could be sent again with another"
						       : "\"%s\": {id}: no id_header says where it is", text);
}

static void
read_webhook(const struct profile_reader *r)
{
	struct profile *p = r->p;
	p->hook_base64 = read_choice(r, "/webhook/encoding", "hex", "base64");
	p->hook_key_base64 = read_choice(r, "/webhook/key", "raw", "base64");
	if (!p->hook_header)
		return;
	if (!p->hook_env)
		profile_error(r, "/webhook/env", "missing: the environment variable that holds the secret");
	if (p->hook_time && !p->hook_signature)
		profile_error(r, "/webhook/signature", "missing: what the signature is called beside the time");
	if (p->hook_time && p->hook_time_header)
		profile_error(r, "/webhook/time_header", "expected either time or time_header");
	if (!p->hook_signed)
		p->hook_signed = mem_dup(span_of(p->hook_time || p->hook_time_header ? "{time}.{body}" : "{body}"));
	check_signed(r);
}

void
profile_parts(const struct profile_reader *r)
{
	struct span v;
	struct profile *p = r->p;
	read_auth(r);
	profile_lines(r, "/headers", &r->p->headers);
	profile_upload(r);
	read_states(r);
	read_words(r);
	read_with(r);
	read_match(r);
	read_idempotency(r);
	read_webhook(r);
	if (json_at(r->doc, "/url/from", &v)) {
		if (!span_is(v, "\"get\""))
			profile_error(r, "/url/from", "only \"get\" is known");
		p->url_from_get = true;
	}
	if (json_at(r->doc, "/errors/delay/unit", &v)) {
		p->delay_unit = span_is(v, "\"s\"") ? SECOND : span_is(v, "\"ms\"") ? MILLISECOND : 0;
		if (!p->delay_unit)
			profile_error(r, "/errors/delay/unit", "s or ms is wanted");
	}
	if (json_at(r->doc, "/pace/rate", &v)) {
		char *s = profile_text(r, "/pace/rate", v);
		const char *why = pace_parse(s, &p->rate, &p->burst);
		if (why)
			profile_error(r, "/pace/rate", "\"%s\": %s", s, why);
		free(s);
	}
}
