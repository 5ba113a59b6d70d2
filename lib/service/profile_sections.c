/*
 * Reads the members of a profile that are objects or lists: keys, headers,
 * states, words, matches.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "flow/pace.h"
#include "service/profile_value.h"
#include "json/json.h"

/* The same for messages: "MUX_TOKEN, or MUX_TOKEN_ID and MUX_TOKEN_SECRET". */
static char *
key_variables(const struct strings *envs)
{
	struct buf b = {0};
	for (size_t i = 0; i < envs->n; i++) {
		const char *colon = strchr(envs->v[i], ':');
		size_t n = colon ? (size_t)(colon - envs->v[i]) : strlen(envs->v[i]);
		buf_fmt(&b, "%s%.*s%s%s", i ? ", or " : "", (int)n, envs->v[i],
			colon ? " and " : "", colon ? colon + 1 : "");
	}
	char *text = envs->n ? mem_dup(buf_all(&b)) : NULL;
	buf_free(&b);
	return text;
}

static void
read_auth(const struct profile_reader *r)
{
	struct span v;
	struct profile *p = r->p;
	if (json_at(r->doc, "/auth/type", &v))
		p->auth = (enum auth)profile_choice(r, "/auth/type", v,
						    "none|bearer|header|basic|sigv4");
	p->key_env = key_variables(&p->key_envs);
	if (p->auth != AUTH_NONE && !p->key_env)
		profile_error(r, "/auth/env",
			      "missing: the environment variable that holds the key");
	if (p->auth == AUTH_HEADER && !p->key_name)
		profile_error(r, "/auth/name", "missing: the header that carries the key");
	if (p->auth == AUTH_HEADER && p->key_name)
		profile_header_sent(r, "/auth/name", span_of(p->key_name));
	if (p->auth == AUTH_SIGV4 && !p->sigv4)
		profile_error(r, "/auth/sigv4",
			      "missing: provider:provider:region:service, for instance "
			      "aws:amz:eu-west-1:mediaconvert");
	if (json_at(r->doc, "/auth/command", &v) && (!p->key_command.n || !*p->key_command.v[0]))
		profile_error(r, "/auth/command",
			      "expected a command and its arguments, as a list");
}

static void
read_states(const struct profile_reader *r, const char *pointer, struct state_map **states,
	    size_t *n)
{
	struct span all, key, v;
	if (!json_at(r->doc, pointer, &all))
		return;
	if (json_type(all) != JSON_OBJECT)
		profile_error(r, pointer, "expected an object of states");
	for (struct json_iter it = json_each(all); json_next(&it, &key, &v);) {
		struct buf at = {0};
		buf_fmt(&at, "%s/%.*s", pointer, (int)key.n, key.p);
		int s = profile_choice(r, buf_cstr(&at), v,
				       "pending|running|succeeded|partial|failed|canceled|blocked");
		*states = mem_grow(*states, (*n + 1) * sizeof **states);
		(*states)[(*n)++] = (struct state_map){mem_dup(key), (enum state)s};
		buf_free(&at);
	}
}

/* {"403": ["Rate Limit"]} */
static void
read_throttle_text(const struct profile_reader *r)
{
	static const char pointer[] = "/errors/throttle_text";
	struct profile *p = r->p;
	struct span all, key, v;
	if (!json_at(r->doc, pointer, &all))
		return;
	if (json_type(all) != JSON_OBJECT)
		profile_error(r, pointer,
			      "expected an object: statuses, and the texts that mean it");
	for (struct json_iter it = json_each(all); json_next(&it, &key, &v);) {
		struct buf at = {0};
		buf_fmt(&at, "%s/%.*s", pointer, (int)key.n, key.p);
		int status = 0;
		for (size_t i = 0; i < key.n && i < 4; i++)
			status = key.p[i] >= '0' && key.p[i] <= '9' ? 10 * status + key.p[i] - '0'
								    : 10000;
		if (status < 100 || status > 999)
			profile_error(r, buf_cstr(&at), "expected an HTTP status as the name");
		p->throttle_text =
			mem_room(p->throttle_text, p->throttle_text_n, sizeof *p->throttle_text);
		p->throttle_text[p->throttle_text_n] = (struct status_words){.status = status};
		profile_strings(r, buf_cstr(&at), v, &p->throttle_text[p->throttle_text_n++].words,
				false);
		buf_free(&at);
	}
}

/* Return a member of an entry of /variables, or NULL. */
static char *
entry_text(const struct profile_reader *r, const char *at, struct span entry, const char *name)
{
	struct span v;
	struct buf pointer = {0};
	buf_fmt(&pointer, "%s/%s", at, name);
	char *text = json_get(entry, name, &v) == 1 ? profile_text(r, buf_cstr(&pointer), v) : NULL;
	buf_free(&pointer);
	return text;
}

/* {"NAME": {"about": "...", "sample": "...", "secret": false}} */
static void
read_variables(const struct profile_reader *r)
{
	static const char *const known[] = {"about", "sample", "secret"};
	struct profile *p = r->p;
	struct span all, key, entry, name, v;
	if (!json_at(r->doc, "/variables", &all))
		return;
	if (json_type(all) != JSON_OBJECT)
		profile_error(r, "/variables",
			      "expected an object: names, and what is known of each");
	for (struct json_iter it = json_each(all); json_next(&it, &key, &entry);) {
		struct buf at = {0};
		buf_fmt(&at, "/variables/%.*s", (int)key.n, key.p);
		if (json_type(entry) != JSON_OBJECT)
			profile_error(r, buf_cstr(&at),
				      "expected an object with about, sample or secret");
		for (struct json_iter in = json_each(entry); json_next(&in, &name, &v);)
			if (!span_is(name, known[0]) && !span_is(name, known[1]) &&
			    !span_is(name, known[2])) {
				buf_fmt(&at, "/%.*s", (int)name.n, name.p);
				profile_error(r, buf_cstr(&at),
					      "unknown member: expected about, sample or secret");
			}
		bool given = json_get(entry, "secret", &v) == 1;
		bool open = given && json_type(v) == JSON_FALSE;
		if (given && !open && json_type(v) != JSON_TRUE) {
			buf_str(&at, "/secret");
			profile_error(r, buf_cstr(&at), "expected true or false");
		}
		p->variables = mem_room(p->variables, p->variables_n, sizeof *p->variables);
		p->variables[p->variables_n++] = (struct variable){
			mem_dup(key), entry_text(r, buf_cstr(&at), entry, "about"),
			entry_text(r, buf_cstr(&at), entry, "sample"), !open};
		buf_free(&at);
	}
}

static void
read_match(const struct profile_reader *r)
{
	struct span all, key, pair, a, b;
	if (!json_at(r->doc, "/list/match", &all))
		return;
	if (json_type(all) != JSON_ARRAY)
		profile_error(r, "/list/match",
			      "expected a list of pairs of pointers, request and job");
	for (struct json_iter it = json_each(all); json_next(&it, &key, &pair);) {
		if (!json_at(pair, "/0", &a) || !json_at(pair, "/1", &b)) {
			profile_error(r, "/list/match",
				      "expected a list of pairs of pointers, request and job");
			return;
		}
		strings_add(&r->p->match_request, profile_pointer(r, "/list/match", a));
		strings_add(&r->p->match_job, profile_pointer(r, "/list/match", b));
	}
}

static void
read_idempotency(const struct profile_reader *r)
{
	struct span in, name;
	struct profile *p = r->p;
	int place = json_at(r->doc, "/idempotency/in", &in)
			    ? profile_choice(r, "/idempotency/in", in, "none|body|header")
			    : 0;
	if (place == 0)
		return;
	if (!json_at(r->doc, "/idempotency/name", &name))
		profile_error(r, "/idempotency/name", "missing");
	else if (place == 1)
		p->key_pointer = profile_pointer(r, "/idempotency/name", name);
	else
		p->key_header = profile_text(r, "/idempotency/name", name);
	if (p->key_header)
		profile_header_sent(r, "/idempotency/name", span_of(p->key_header));
}

/* Check that the signature covers the body, and every header of an event that is relied on. */
static void
check_signed(const struct profile_reader *r)
{
	static const char at[] = "/webhook/signed";
	const struct profile *p = r->p;
	const char *text = p->hook_signed;
	bool time = p->hook_time || p->hook_time_header;
	for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{'))
		if (strncmp(open, "{id}", 4) != 0 && strncmp(open, "{time}", 6) != 0 &&
		    strncmp(open, "{body}", 6) != 0)
			profile_error(r, at, "\"%s\": expected {id}, {time} and {body} in braces",
				      text);
	if (!strstr(text, "{body}"))
		profile_error(r, at, "\"%s\": {body} is missing: anything could be in it", text);
	if (!strstr(text, "{time}") == time)
		profile_error(
			r, at,
			time ? "\"%s\": {time} is missing: an event could be sent again later"
			     : "\"%s\": {time}: neither time nor time_header says where it is",
			text);
	if (!strstr(text, "{id}") == (p->hook_id_header != NULL))
		profile_error(r, at,
			      p->hook_id_header ? "\"%s\": {id} is missing: an event could be sent "
						  "again with another"
						: "\"%s\": {id}: no id_header says where it is",
			      text);
}

/* Refuse what says how events are signed without the header: they would be taken unsigned. */
static void
check_unsigned(const struct profile_reader *r)
{
	static const char *const of_signatures[] = {"time",   "signature", "prefix", "time_header",
						    "signed", "encoding",  "key",    "key_prefix"};
	struct span webhook, v;
	if (!json_at(r->doc, "/webhook", &webhook))
		return;
	for (size_t i = 0; i < sizeof of_signatures / sizeof *of_signatures; i++)
		if (json_get(webhook, of_signatures[i], &v) == 1)
			profile_error(r, "/webhook/header",
				      "missing, but /webhook/%s is about signatures: which header "
				      "has them?",
				      of_signatures[i]);
}

static void
read_webhook(const struct profile_reader *r)
{
	struct profile *p = r->p;
	struct span v;
	p->hook_base64 = json_at(r->doc, "/webhook/encoding", &v) &&
			 profile_choice(r, "/webhook/encoding", v, "hex|base64") == 1;
	p->hook_key_base64 = json_at(r->doc, "/webhook/key", &v) &&
			     profile_choice(r, "/webhook/key", v, "raw|base64") == 1;
	if ((p->hook_header || p->hook_token) && !p->hook_env)
		profile_error(r, "/webhook/env",
			      "missing: the environment variable that holds the secret");
	if (!p->hook_header) {
		check_unsigned(r);
		return;
	}
	if (p->hook_time && !p->hook_signature)
		profile_error(r, "/webhook/signature",
			      "missing: what the signature is called beside the time");
	if (p->hook_time && p->hook_time_header)
		profile_error(r, "/webhook/time_header", "expected either time or time_header");
	if (!p->hook_signed)
		p->hook_signed = mem_dup(
			span_of(p->hook_time || p->hook_time_header ? "{time}.{body}" : "{body}"));
	check_signed(r);
}

void
profile_parts(const struct profile_reader *r)
{
	struct span v;
	struct profile *p = r->p;
	read_auth(r);
	profile_lines(r, "/headers", &p->headers, true);
	profile_upload(r);
	if (!json_at(r->doc, "/states", &v))
		profile_error(r, "/states", "missing: what the service's status words mean");
	read_states(r, "/states", &p->states, &p->states_n);
	read_states(r, "/url/states", &p->output_states, &p->output_states_n);
	profile_words(r);
	read_match(r);
	read_idempotency(r);
	read_webhook(r);
	read_throttle_text(r);
	read_variables(r);
	if (json_at(r->doc, "/url/from", &v)) {
		profile_choice(r, "/url/from", v, "get");
		p->url_from_get = true;
	}
	if (json_at(r->doc, "/errors/delay/unit", &v))
		p->delay_unit =
			profile_choice(r, "/errors/delay/unit", v, "s|ms") ? MILLISECOND : SECOND;
	if (json_at(r->doc, "/pace/rate", &v)) {
		char *s = profile_text(r, "/pace/rate", v);
		const char *why = pace_parse(s, &p->rate, &p->burst);
		if (why)
			profile_error(r, "/pace/rate", "\"%s\": %s", s, why);
		free(s);
	}
}
