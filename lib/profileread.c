/* Reading a profile: one table of its members, and a function each for those that are more than a value. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "msg.h"
#include "pace.h"
#include "profile.h"

enum kind {
	TEXT,     /* char * */
	POINTER,  /* char *, a JSON Pointer */
	POINTERS, /* struct strings of JSON Pointers */
	WORDS,    /* struct strings */
	STATUSES, /* struct numbers */
	DURATION, /* int64_t */
	COUNT,    /* long, at least 1 */
	FACTOR,   /* double, at least 1 */
	RAW,      /* char *, any JSON value */
	SPECIAL,  /* read by a function of its own */
};

struct row {
	const char *at;
	enum kind kind;
	size_t to;
};

#define TO(member) offsetof(struct profile, member)

/* Every member a profile may have. */
static const struct row rows[] = {
	{"/name", TEXT, TO(name)},
	{"/base_url", TEXT, TO(base_url)},
	{"/auth/type", SPECIAL, 0},
	{"/auth/env", TEXT, TO(key_env)},
	{"/auth/default", TEXT, TO(key_default)},
	{"/auth/name", TEXT, TO(key_name)},
	{"/auth/sigv4", TEXT, TO(sigv4)},
	{"/headers", SPECIAL, 0},
	{"/jobs", COUNT, TO(jobs)},
	{"/timeout", DURATION, TO(timeout)},
	{"/create/method", TEXT, TO(create.method)},
	{"/create/path", TEXT, TO(create.path)},
	{"/get/method", TEXT, TO(get.method)},
	{"/get/path", TEXT, TO(get.path)},
	{"/get/body", RAW, TO(get.body)},
	{"/list/method", TEXT, TO(list.method)},
	{"/list/path", TEXT, TO(list.path)},
	{"/list/body", RAW, TO(list.body)},
	{"/list/items", POINTERS, TO(list_items)},
	{"/list/next", POINTERS, TO(list_next)},
	{"/list/created", POINTERS, TO(list_created)},
	{"/list/limit", COUNT, TO(list_max)},
	{"/list/match", SPECIAL, 0},
	{"/cancel/method", TEXT, TO(cancel.method)},
	{"/cancel/path", TEXT, TO(cancel.path)},
	{"/cancel/body", RAW, TO(cancel.body)},
	{"/url/from", SPECIAL, 0},
	{"/url/method", TEXT, TO(url.method)},
	{"/url/path", TEXT, TO(url.path)},
	{"/url/body", RAW, TO(url.body)},
	{"/url/outputs", POINTERS, TO(outputs)},
	{"/url/urls", POINTERS, TO(output_url)},
	{"/url/ttl", DURATION, TO(url_ttl)},
	{"/job/at", POINTERS, TO(job)},
	{"/job/id", POINTERS, TO(id)},
	{"/job/status", POINTERS, TO(status)},
	{"/job/progress", POINTERS, TO(progress)},
	{"/job/message", POINTERS, TO(message)},
	{"/job/code", POINTERS, TO(code)},
	{"/states", SPECIAL, 0},
	{"/request/source/url", POINTER, TO(source_url)},
	{"/request/source/path", POINTER, TO(source_path)},
	{"/request/format", POINTER, TO(format)},
	{"/request/quality", POINTER, TO(quality)},
	{"/request/resolution", POINTER, TO(resolution)},
	{"/request/metadata", POINTER, TO(metadata)},
	{"/request/batch", POINTER, TO(batch)},
	{"/request/defaults", RAW, TO(defaults)},
	{"/request/words", SPECIAL, 0},
	{"/idempotency/in", SPECIAL, 0},
	{"/idempotency/name", SPECIAL, 0},
	{"/idempotency/max", COUNT, TO(key_max)},
	{"/errors/message", POINTERS, TO(error_message)},
	{"/errors/code", POINTERS, TO(error_code)},
	{"/errors/code_header", TEXT, TO(code_header)},
	{"/errors/throttle", STATUSES, TO(throttle)},
	{"/errors/throttle_codes", WORDS, TO(throttle_codes)},
	{"/errors/queue_codes", WORDS, TO(queue_codes)},
	{"/errors/unauthorized", STATUSES, TO(unauthorized)},
	{"/errors/unauthorized_codes", WORDS, TO(unauthorized_codes)},
	{"/errors/quota", STATUSES, TO(quota)},
	{"/errors/quota_codes", WORDS, TO(quota_codes)},
	{"/errors/transient", STATUSES, TO(transient)},
	{"/errors/transient_codes", WORDS, TO(transient_codes)},
	{"/errors/delay/header", TEXT, TO(delay_header)},
	{"/errors/delay/unit", SPECIAL, 0},
	{"/pace/rate", SPECIAL, 0},
	{"/poll/first", DURATION, TO(poll_first)},
	{"/poll/factor", FACTOR, TO(poll_factor)},
	{"/poll/cap", DURATION, TO(poll_cap)},
};

/* The profile being read, for messages. */
struct reader {
	const char *from;
	struct profile *p;
	struct span doc;
};

static void wrong(const struct reader *r, const char *at, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

static void
wrong(const struct reader *r, const char *at, const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;
	va_start(ap, fmt);
	buf_vfmt(&b, fmt, ap);
	va_end(ap);
	msg_die(EXIT_BAD_CONFIG, "profile %s: %s%s%s", r->from, at, *at ? ": " : "", buf_cstr(&b));
}

static char *
text(const struct reader *r, const char *at, struct span v)
{
	char *s = json_text(v);
	if (!s)
		wrong(r, at, "a string is wanted");
	return s;
}

static char *
pointer(const struct reader *r, const char *at, struct span v)
{
	char *s = text(r, at, v);
	const char *why = json_pointer_check(s);
	if (why)
		wrong(r, at, "\"%s\": %s", s, why);
	return s;
}

static void
strings_add(struct strings *s, char *word)
{
	s->v = mem_grow(s->v, (s->n + 1) * sizeof *s->v);
	s->v[s->n++] = word;
}

/* A list of strings; one string alone is a list of one. */
static void
read_strings(const struct reader *r, const char *at, struct span v, struct strings *to, bool pointers)
{
	char *(*take)(const struct reader *, const char *, struct span) = pointers ? pointer : text;
	struct span key, e;
	if (json_type(v) != JSON_ARRAY) {
		strings_add(to, take(r, at, v));
		return;
	}
	for (struct json_iter it = json_each(v); json_next(&it, &key, &e);)
		strings_add(to, take(r, at, e));
}

static double
number(const struct reader *r, const char *at, struct span v, double least)
{
	double n;
	if (!json_number(v, &n) || n < least || n > 1e9)
		wrong(r, at, "a number of at least %g is wanted", least);
	return n;
}

static void
read_numbers(const struct reader *r, const char *at, struct span v, struct numbers *to)
{
	struct span key, e;
	if (json_type(v) != JSON_ARRAY)
		wrong(r, at, "a list of HTTP statuses is wanted");
	for (struct json_iter it = json_each(v); json_next(&it, &key, &e);) {
		to->v = mem_grow(to->v, (to->n + 1) * sizeof *to->v);
		to->v[to->n++] = (int)number(r, at, e, 100);
	}
}

static int64_t
duration(const struct reader *r, const char *at, struct span v)
{
	int64_t us = 0;
	char *s = json_type(v) == JSON_NUMBER ? mem_dup(json_trim(v)) : text(r, at, v);
	const char *why = clock_duration(s, &us);
	if (why)
		wrong(r, at, "\"%s\": %s", s, why);
	free(s);
	return us;
}

static void
read_row(const struct reader *r, const struct row *row, struct span v)
{
	void *to = (char *)r->p + row->to;
	switch (row->kind) {
	case TEXT:
		*(char **)to = text(r, row->at, v);
		break;
	case POINTER:
		*(char **)to = pointer(r, row->at, v);
		break;
	case POINTERS:
	case WORDS:
		read_strings(r, row->at, v, to, row->kind == POINTERS);
		break;
	case STATUSES:
		read_numbers(r, row->at, v, to);
		break;
	case DURATION:
		*(int64_t *)to = duration(r, row->at, v);
		break;
	case COUNT:
		*(long *)to = (long)number(r, row->at, v, 1);
		break;
	case FACTOR:
		*(double *)to = number(r, row->at, v, 1);
		break;
	case RAW:
		*(char **)to = mem_dup(json_trim(v));
		break;
	case SPECIAL:
		break;
	}
}

static void
read_auth(const struct reader *r)
{
	static const char *const kinds[] = {"none", "bearer", "header", "basic", "sigv4"};
	struct span v;
	struct profile *p = r->p;
	if (!json_at(r->doc, "/auth/type", &v))
		return;
	char *kind = text(r, "/auth/type", v);
	size_t i = 0;
	while (i < 5 && strcmp(kind, kinds[i]) != 0)
		i++;
	if (i == 5)
		wrong(r, "/auth/type", "\"%s\": none, bearer, header, basic or sigv4 is wanted", kind);
	p->auth = (enum auth)i;
	if (p->auth != AUTH_NONE && !p->key_env)
		wrong(r, "/auth/env", "missing: the environment variable that holds the key");
	if (p->auth == AUTH_HEADER && !p->key_name)
		wrong(r, "/auth/name", "missing: the header that carries the key");
	if (p->auth == AUTH_SIGV4 && !p->sigv4)
		wrong(r, "/auth/sigv4", "missing: provider:provider:region:service, for instance aws:amz:eu-west-1:mediaconvert");
	free(kind);
}

static void
read_headers(const struct reader *r)
{
	struct span all, key, v;
	if (!json_at(r->doc, "/headers", &all))
		return;
	for (struct json_iter it = json_each(all); json_next(&it, &key, &v);) {
		struct buf line = {0};
		char *value = text(r, "/headers", v);
		buf_fmt(&line, "%.*s: %s", (int)key.n, key.p, value);
		if (strpbrk(buf_cstr(&line), "\r\n"))
			wrong(r, "/headers", "a header has a line end in it");
		strings_add(&r->p->headers, mem_dup(buf_all(&line)));
		buf_free(&line);
		free(value);
	}
}

static void
read_states(const struct reader *r)
{
	struct span all, key, v;
	struct profile *p = r->p;
	if (!json_at(r->doc, "/states", &all))
		wrong(r, "/states", "missing: what the service's status words mean");
	for (struct json_iter it = json_each(all); json_next(&it, &key, &v);) {
		char *word = text(r, "/states", v);
		int s = STATE_PENDING;
		while (s <= STATE_BLOCKED && strcmp(word, state_word((enum state)s)) != 0)
			s++;
		if (s > STATE_BLOCKED)
			wrong(r, "/states", "\"%s\": pending, running, succeeded, partial, failed, canceled or blocked is wanted", word);
		p->states = mem_grow(p->states, (p->states_n + 1) * sizeof *p->states);
		p->states[p->states_n++] = (struct state_map){mem_dup(key), (enum state)s};
		free(word);
	}
}

static void
read_words(const struct reader *r)
{
	struct span all, key, v;
	struct profile *p = r->p;
	if (!json_at(r->doc, "/request/words", &all))
		return;
	for (struct json_iter it = json_each(all); json_next(&it, &key, &v);) {
		p->words = mem_grow(p->words, (p->words_n + 1) * sizeof *p->words);
		p->words[p->words_n] = (struct word_list){.option = mem_dup(key)};
		read_strings(r, "/request/words", v, &p->words[p->words_n++].words, false);
	}
}

static void
read_match(const struct reader *r)
{
	struct span all, key, pair, a, b;
	if (!json_at(r->doc, "/list/match", &all))
		return;
	for (struct json_iter it = json_each(all); json_next(&it, &key, &pair);) {
		if (!json_at(pair, "/0", &a) || !json_at(pair, "/1", &b))
			wrong(r, "/list/match", "a list of pairs of pointers, request and job, is wanted");
		strings_add(&r->p->match_request, pointer(r, "/list/match", a));
		strings_add(&r->p->match_job, pointer(r, "/list/match", b));
	}
}

static void
read_idempotency(const struct reader *r)
{
	struct span in, name;
	struct profile *p = r->p;
	if (!json_at(r->doc, "/idempotency/in", &in) || span_is(in, "\"none\""))
		return;
	if (!json_at(r->doc, "/idempotency/name", &name))
		wrong(r, "/idempotency/name", "missing");
	if (span_is(in, "\"body\""))
		p->key_pointer = pointer(r, "/idempotency/name", name);
	else if (span_is(in, "\"header\""))
		p->key_header = text(r, "/idempotency/name", name);
	else
		wrong(r, "/idempotency/in", "body, header or none is wanted");
}

static void
read_specials(const struct reader *r)
{
	struct span v;
	struct profile *p = r->p;
	read_auth(r);
	read_headers(r);
	read_states(r);
	read_words(r);
	read_match(r);
	read_idempotency(r);
	if (json_at(r->doc, "/url/from", &v)) {
		if (!span_is(v, "\"get\""))
			wrong(r, "/url/from", "only \"get\" is known");
		p->url_from_get = true;
	}
	if (json_at(r->doc, "/errors/delay/unit", &v)) {
		p->delay_unit = span_is(v, "\"s\"") ? SECOND : span_is(v, "\"ms\"") ? MILLISECOND : 0;
		if (!p->delay_unit)
			wrong(r, "/errors/delay/unit", "s or ms is wanted");
	}
	if (json_at(r->doc, "/pace/rate", &v)) {
		char *s = text(r, "/pace/rate", v);
		const char *why = pace_parse(s, &p->rate, &p->burst);
		if (why)
			wrong(r, "/pace/rate", "\"%s\": %s", s, why);
		free(s);
	}
}

static const struct row *
row_at(const char *at)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(rows[i].at, at) == 0)
			return &rows[i];
	return NULL;
}

static bool
row_below(const char *at)
{
	size_t n = strlen(at);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strncmp(rows[i].at, at, n) == 0 && rows[i].at[n] == '/')
			return true;
	return false;
}

/* A member that no row knows is a mistake somebody would hunt for: refuse it. */
static void
read_object(const struct reader *r, const char *at, struct span object)
{
	struct span key, v;
	for (struct json_iter it = json_each(object); json_next(&it, &key, &v);) {
		struct buf path = {0};
		buf_fmt(&path, "%s/%.*s", at, (int)key.n, key.p);
		const struct row *row = row_at(buf_cstr(&path));
		if (row)
			read_row(r, row, v);
		else if (row_below(buf_cstr(&path)) && json_type(v) == JSON_OBJECT)
			read_object(r, buf_cstr(&path), v);
		else
			wrong(r, buf_cstr(&path), "unknown member (tc-profile(5) lists them)");
		buf_free(&path);
	}
}

static void
default_pointers(struct strings *s, const char *pointer_text)
{
	if (!s->n)
		strings_add(s, mem_dup(span_of(pointer_text)));
}

/* What must be there, and what a missing member means. */
static void
complete(const struct reader *r)
{
	struct profile *p = r->p;
	if (!p->name || !*p->name)
		wrong(r, "/name", "missing");
	if (!p->base_url)
		wrong(r, "/base_url", "missing");
	if (!p->create.method || !p->create.path)
		wrong(r, "/create", "method and path are wanted");
	if (!p->get.method || !p->get.path)
		wrong(r, "/get", "method and path are wanted");
	if (!p->id.n)
		wrong(r, "/job/id", "missing");
	if (!p->status.n)
		wrong(r, "/job/status", "missing");
	if (!p->source_url)
		wrong(r, "/request/source/url", "missing");
	if (p->list.method && !p->list_items.n)
		wrong(r, "/list/items", "missing");
	if (p->defaults && json_type(span_of(p->defaults)) != JSON_OBJECT)
		wrong(r, "/request/defaults", "an object is wanted");
	if (!p->source_path)
		p->source_path = mem_dup(span_of(p->source_url));
	default_pointers(&p->job, "");
	default_pointers(&p->outputs, "");
}

struct profile *
profile_parse(const char *from, struct span doc)
{
	size_t at = 0;
	struct profile *p = mem_zero(sizeof *p);
	struct reader r = {from, p, doc};
	p->jobs = 4;
	p->timeout = 30 * SECOND;
	p->list_max = 100;
	p->key_max = 255;
	p->poll_first = 2 * SECOND;
	p->poll_factor = 1.5;
	p->poll_cap = 30 * SECOND;
	const char *why = json_check(doc, &at);
	if (why)
		wrong(&r, "", "not JSON: %s (byte %zu)", why, at + 1);
	if (json_type(doc) != JSON_OBJECT)
		wrong(&r, "", "an object is wanted");
	read_object(&r, "", doc);
	read_specials(&r);
	complete(&r);
	return p;
}

static void
strings_free(struct strings *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
}

void
profile_free(struct profile *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		void *at = (char *)p + rows[i].to;
		switch (rows[i].kind) {
		case TEXT:
		case POINTER:
		case RAW:
			free(*(char **)at);
			break;
		case POINTERS:
		case WORDS:
			strings_free(at);
			break;
		case STATUSES:
			free(((struct numbers *)at)->v);
			break;
		default:
			break;
		}
	}
	for (size_t i = 0; i < p->states_n; i++)
		free(p->states[i].word);
	for (size_t i = 0; i < p->words_n; i++) {
		free(p->words[i].option);
		strings_free(&p->words[i].words);
	}
	free(p->states);
	free(p->words);
	strings_free(&p->headers);
	strings_free(&p->match_request);
	strings_free(&p->match_job);
	free(p->key_pointer);
	free(p->key_header);
	free(p);
}
