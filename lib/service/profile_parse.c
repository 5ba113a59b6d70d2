/* Reading a profile by the table of its members. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/space.h"
#include "base/suggest.h"
#include "service/profile_value.h"
#include "json/json.h"

/* Free what a row has read. */
static void
clear_row(struct profile *p, const struct profile_member *row)
{
	void *at = (char *)p + row->to;
	switch (row->kind) {
	case PROFILE_TEXT:
	case PROFILE_HEADER:
	case PROFILE_POINTER:
	case PROFILE_PATH:
	case PROFILE_JSON:
		free(*(char **)at);
		*(char **)at = NULL;
		break;
	case PROFILE_POINTERS:
	case PROFILE_WORDS:
		strings_free(at);
		break;
	case PROFILE_STATUSES:
		free(((struct numbers *)at)->v);
		*(struct numbers *)at = (struct numbers){0};
		break;
	default:
		break;
	}
}

static void
read_row(const struct profile_reader *r, const struct profile_member *row, struct span v)
{
	void *to = (char *)r->p + row->to;
	switch (row->kind) {
	case PROFILE_TEXT:
	case PROFILE_PATH:
		*(char **)to = profile_text(r, row->at, v);
		break;
	case PROFILE_HEADER:
		*(char **)to = profile_text(r, row->at, v);
		profile_header(r, row->at, span_of(*(char **)to));
		break;
	case PROFILE_POINTER:
		*(char **)to = profile_pointer(r, row->at, v);
		break;
	case PROFILE_POINTERS:
	case PROFILE_WORDS:
		profile_strings(r, row->at, v, to, row->kind == PROFILE_POINTERS);
		break;
	case PROFILE_CHOICE:
		*(int *)to = profile_choice(r, row->at, v, row->words);
		break;
	case PROFILE_STATUSES:
		profile_numbers(r, row->at, v, to);
		break;
	case PROFILE_DURATION:
		*(int64_t *)to = profile_duration(r, row->at, v);
		break;
	case PROFILE_COUNT:
		*(long *)to = (long)profile_number(r, row->at, v, 1);
		break;
	case PROFILE_FACTOR:
		*(double *)to = profile_number(r, row->at, v, 1);
		break;
	case PROFILE_BYTES:
		*(double *)to = profile_bytes(r, row->at, v);
		break;
	case PROFILE_JSON:
		*(char **)to = mem_dup(span_trim(v));
		break;
	default: /* by profile_parts() */
		break;
	}
}

static const struct profile_member *
row_at(const char *at)
{
	for (const struct profile_member *m = profile_members; m->at; m++)
		if (strcmp(m->at, at) == 0)
			return m;
	return NULL;
}

static bool
row_below(const char *at)
{
	size_t n = strlen(at);
	for (const struct profile_member *m = profile_members; m->at; m++)
		if (strncmp(m->at, at, n) == 0 && m->at[n] == '/')
			return true;
	return false;
}

/*
 * Return the pointer of the member whose name is nearest to an unknown one: in
 * the object at `at`, else anywhere. Set *n to its length. Return NULL if no
 * name is near.
 */
static const char *
nearest(const char *at, struct span key, size_t *n)
{
	const char *found = NULL;
	size_t start = strlen(at);
	unsigned best = SUGGEST_NONE;
	for (int elsewhere = 0; elsewhere < 2 && !found; elsewhere++)
		for (const struct profile_member *m = profile_members; m->at; m++) {
			const char *name = elsewhere ? strrchr(m->at, '/') + 1 : m->at + start + 1;
			if (!elsewhere && (strncmp(m->at, at, start) != 0 || m->at[start] != '/'))
				continue;
			char *word = mem_dup((struct span){name, strcspn(name, "/")});
			if (elsewhere ? span_is(key, word)
				      : suggest_closer(key.p, key.n, word, &best)) {
				found = m->at;
				*n = (size_t)(name - m->at) + strlen(word);
			}
			free(word);
		}
	return found;
}

/* Refuse an unknown member: it is a mistake that would be hard to find. */
static void
unknown(const struct profile_reader *r, const char *at, struct span key, const char *path)
{
	size_t n = 0;
	const char *near = nearest(at, key, &n);
	if (near)
		profile_error(r, path, "unknown member: did you mean %.*s?", (int)n, near);
	else
		profile_error(r, path, "unknown member (tc-profile(5) lists them)");
}

static void
read_object(const struct profile_reader *r, const char *at, struct span object)
{
	struct span key, v, other;
	for (struct json_iter it = json_each(object); json_next(&it, &key, &v);) {
		struct buf path = {0};
		char *name = mem_dup(key);
		buf_fmt(&path, "%s/%s", at, name);
		const struct profile_member *row = row_at(buf_cstr(&path));
		if (json_get(object, name, &other) < 0)
			profile_error(r, buf_cstr(&path), "duplicate member");
		else if (row)
			read_row(r, row, v);
		else if (row_below(buf_cstr(&path)) && json_type(v) == JSON_OBJECT)
			read_object(r, buf_cstr(&path), v);
		else if (row_below(buf_cstr(&path)))
			profile_error(r, buf_cstr(&path), "expected an object");
		else
			unknown(r, at, key, buf_cstr(&path));
		free(name);
		buf_free(&path);
	}
}

static void
set_defaults(struct profile *p)
{
	p->jobs = 4;
	p->timeout = 30 * SECOND;
	p->list_max = 100;
	p->key_max = 255;
	p->backoff = SECOND / 2;
	p->settle = -1;
	p->url_settle = 60 * SECOND;
	p->poll_first = 2 * SECOND;
	p->poll_factor = 1.5;
	p->poll_cap = 30 * SECOND;
	p->progress_of = 100;
}

/* Without a list to collect problems in, the first one ends the program. */
static void
report(const char *from, struct profile_problems *bad)
{
	if (!bad->n)
		return;
	const struct profile_problem *b = &bad->v[0];
	msg_die(EXIT_BAD_CONFIG, "profile %s: line %u: %s%s%s", from, b->line, b->at,
		*b->at ? ": " : "", b->text);
}

struct profile *
profile_parse(const char *from, struct span doc, struct profile_problems *bad)
{
	size_t at = 0;
	struct profile_problems own = {0};
	struct profile *p = mem_zero(sizeof *p);
	struct profile_reader r = {from, p, doc, bad ? bad : &own};
	set_defaults(p);
	const char *why = json_check(doc, &at);
	if (why) {
		profile_error(&r, "", "not JSON: %s (byte %zu)", why, at + 1);
		for (size_t i = 0; i < at && i < doc.n; i++)
			r.bad->v[0].line += doc.p[i] == '\n';
	} else if (json_type(doc) != JSON_OBJECT) {
		profile_error(&r, "", "expected an object");
	} else {
		read_object(&r, "", doc);
		profile_parts(&r);
		profile_complete(&r);
	}
	if (!bad)
		report(from, &own);
	return p;
}

static void
free_states(struct state_map *states, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(states[i].word);
	free(states);
}

static void
free_variables(struct profile *p)
{
	for (size_t i = 0; i < p->variables_n; i++) {
		free(p->variables[i].name);
		free(p->variables[i].about);
		free(p->variables[i].sample);
	}
	free(p->variables);
}

static void
free_words(struct profile *p)
{
	for (size_t i = 0; i < p->words_n; i++) {
		free(p->words[i].option);
		strings_free(&p->words[i].words);
	}
	free(p->words);
	for (size_t i = 0; i < p->with_n; i++) {
		free(p->with[i].option);
		free(p->with[i].word);
		free(p->with[i].pointer);
		free(p->with[i].value);
	}
	free(p->with);
	for (size_t i = 0; i < p->throttle_text_n; i++)
		strings_free(&p->throttle_text[i].words);
	free(p->throttle_text);
}

void
profile_free(struct profile *p)
{
	if (!p)
		return;
	for (const struct profile_member *m = profile_members; m->at; m++)
		clear_row(p, m);
	free_states(p->states, p->states_n);
	free_states(p->output_states, p->output_states_n);
	free_variables(p);
	free_words(p);
	strings_free(&p->headers);
	strings_free(&p->upload.headers);
	strings_free(&p->upload.types);
	strings_free(&p->upload.fields);
	strings_free(&p->match_request);
	strings_free(&p->match_job);
	free(p->key_env);
	free(p->key_pointer);
	free(p->key_header);
	free(p);
}
