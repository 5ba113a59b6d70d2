/* Reading a profile: one table of its members. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "json/json.h"
#include "service/profile_value.h"

enum kind {
	TEXT,     /* char * */
	POINTER,  /* char *, a JSON Pointer */
	POINTERS, /* struct strings of JSON Pointers */
	WORDS,    /* struct strings */
	STATUSES, /* struct numbers */
	DURATION, /* int64_t */
	COUNT,    /* long, at least 1 */
	FACTOR,   /* double, at least 1 */
	BYTES,    /* double, a whole number of bytes, at least 1 */
	RAW,      /* char *, any JSON value */
	SPECIAL,  /* read by a function of its own */
};

struct row {
	const char *at;
	enum kind kind;
	size_t to;
};

/* A job's own get may lag behind its create for as many of the longest poll intervals: five minutes of 30 s each. */
enum { SETTLE_CAPS = 10 };
/* How long a service may work on a create that nobody waits for any more. */
#define SETTLE_MARGIN (30 * SECOND)

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
	{"/create/settle", DURATION, TO(settle)},
	{"/get/method", TEXT, TO(get.method)},
	{"/get/path", TEXT, TO(get.path)},
	{"/get/body", RAW, TO(get.body)},
	{"/get/settle", DURATION, TO(get_settle)},
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
	{"/cancel/gone", STATUSES, TO(cancel_gone)},
	{"/url/from", SPECIAL, 0},
	{"/url/method", TEXT, TO(url.method)},
	{"/url/path", TEXT, TO(url.path)},
	{"/url/body", RAW, TO(url.body)},
	{"/url/outputs", POINTERS, TO(outputs)},
	{"/url/urls", POINTERS, TO(output_url)},
	{"/url/size", POINTERS, TO(output_size)},
	{"/url/ttl", DURATION, TO(url_ttl)},
	{"/upload/kind", SPECIAL, 0},
	{"/upload/start/method", TEXT, TO(upload.start.method)},
	{"/upload/start/path", TEXT, TO(upload.start.path)},
	{"/upload/start/body", RAW, TO(upload.start.body)},
	{"/upload/create/method", TEXT, TO(upload.create_method)},
	{"/upload/send/method", TEXT, TO(upload.send.method)},
	{"/upload/send/path", TEXT, TO(upload.send.path)},
	{"/upload/more/method", TEXT, TO(upload.more.method)},
	{"/upload/more/path", TEXT, TO(upload.more.path)},
	{"/upload/more/body", RAW, TO(upload.more.body)},
	{"/upload/finish/method", TEXT, TO(upload.finish.method)},
	{"/upload/finish/path", TEXT, TO(upload.finish.path)},
	{"/upload/finish/body", RAW, TO(upload.finish.body)},
	{"/upload/get/method", TEXT, TO(upload.get.method)},
	{"/upload/get/path", TEXT, TO(upload.get.path)},
	{"/upload/get/body", RAW, TO(upload.get.body)},
	{"/upload/get/status", POINTERS, TO(upload.status)},
	{"/upload/get/waiting", WORDS, TO(upload.waiting)},
	{"/upload/abort/method", TEXT, TO(upload.abort.method)},
	{"/upload/abort/path", TEXT, TO(upload.abort.path)},
	{"/upload/abort/body", RAW, TO(upload.abort.body)},
	{"/upload/id", POINTERS, TO(upload.id)},
	{"/upload/upload", POINTERS, TO(upload.upload)},
	{"/upload/url", POINTERS, TO(upload.url)},
	{"/upload/expires", POINTERS, TO(upload.expires)},
	{"/upload/source", POINTERS, TO(upload.source)},
	{"/upload/source_expires", POINTERS, TO(upload.source_expires)},
	{"/upload/job", POINTERS, TO(upload.job)},
	{"/upload/parts", POINTERS, TO(upload.parts)},
	{"/upload/headers", SPECIAL, 0},
	{"/upload/types", SPECIAL, 0},
	{"/upload/form/file", TEXT, TO(upload.field)},
	{"/upload/form/fields", SPECIAL, 0},
	{"/upload/max", BYTES, TO(upload.max)},
	{"/upload/part/number", POINTERS, TO(upload.part_number)},
	{"/upload/part/item", RAW, TO(upload.part_item)},
	{"/upload/part/size", BYTES, TO(upload.part_size)},
	{"/upload/part/min", BYTES, TO(upload.part_min)},
	{"/upload/part/max", BYTES, TO(upload.part_max)},
	{"/upload/part/most", COUNT, TO(upload.part_most)},
	{"/upload/ttl", DURATION, TO(upload.ttl)},
	{"/job/at", POINTERS, TO(job)},
	{"/job/id", POINTERS, TO(id)},
	{"/job/status", POINTERS, TO(status)},
	{"/job/progress", POINTERS, TO(progress)},
	{"/job/billable", POINTERS, TO(billable)},
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
	{"/request/with", SPECIAL, 0},
	{"/request/source/only", SPECIAL, 0},
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
	{"/webhook/env", TEXT, TO(hook_env)},
	{"/webhook/header", TEXT, TO(hook_header)},
	{"/webhook/time", TEXT, TO(hook_time)},
	{"/webhook/signature", TEXT, TO(hook_signature)},
	{"/webhook/prefix", TEXT, TO(hook_prefix)},
	{"/webhook/id_header", TEXT, TO(hook_id_header)},
	{"/webhook/time_header", TEXT, TO(hook_time_header)},
	{"/webhook/signed", TEXT, TO(hook_signed)},
	{"/webhook/encoding", SPECIAL, 0},
	{"/webhook/key", SPECIAL, 0},
	{"/webhook/key_prefix", TEXT, TO(hook_key_prefix)},
	{"/webhook/event", POINTERS, TO(hook_event)},
	{"/webhook/type", POINTERS, TO(hook_type)},
	{"/webhook/types", WORDS, TO(hook_types)},
	{"/webhook/job", POINTERS, TO(hook_job)},
	{"/pace/rate", SPECIAL, 0},
	{"/pace/backoff", DURATION, TO(backoff)},
	{"/poll/first", DURATION, TO(poll_first)},
	{"/poll/factor", FACTOR, TO(poll_factor)},
	{"/poll/cap", DURATION, TO(poll_cap)},
};

static void
read_row(const struct profile_reader *r, const struct row *row, struct span v)
{
	void *to = (char *)r->p + row->to;
	switch (row->kind) {
	case TEXT:
		*(char **)to = profile_text(r, row->at, v);
		break;
	case POINTER:
		*(char **)to = profile_pointer(r, row->at, v);
		break;
	case POINTERS:
	case WORDS:
		profile_strings(r, row->at, v, to, row->kind == POINTERS);
		break;
	case STATUSES:
		profile_numbers(r, row->at, v, to);
		break;
	case DURATION:
		*(int64_t *)to = profile_duration(r, row->at, v);
		break;
	case COUNT:
		*(long *)to = (long)profile_number(r, row->at, v, 1);
		break;
	case FACTOR:
		*(double *)to = profile_number(r, row->at, v, 1);
		break;
	case BYTES:
		*(double *)to = profile_bytes(r, row->at, v);
		break;
	case RAW:
		*(char **)to = mem_dup(json_trim(v));
		break;
	case SPECIAL:
		break;
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
read_object(const struct profile_reader *r, const char *at, struct span object)
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
			profile_error(r, buf_cstr(&path), "unknown member (tc-profile(5) lists them)");
		buf_free(&path);
	}
}

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

/* What must be there, and what a missing member means. */
static void
complete(const struct profile_reader *r)
{
	struct profile *p = r->p;
	if (!p->name || !*p->name)
		profile_error(r, "/name", "missing");
	if (!p->base_url)
		profile_error(r, "/base_url", "missing");
	if (!p->create.method || !p->create.path)
		profile_error(r, "/create", "method and path are wanted");
	if (!p->get.method || !p->get.path)
		profile_error(r, "/get", "method and path are wanted");
	if (!p->id.n)
		profile_error(r, "/job/id", "missing");
	if (!p->status.n)
		profile_error(r, "/job/status", "missing");
	if (!p->source_url)
		profile_error(r, "/request/source/url", "missing");
	if (p->list.method && !p->list_items.n)
		profile_error(r, "/list/items", "missing");
	if (p->defaults && json_type(span_of(p->defaults)) != JSON_OBJECT)
		profile_error(r, "/request/defaults", "an object is wanted");
	if (p->backoff < MILLISECOND)
		profile_error(r, "/pace/backoff", "expected at least 1ms");
	if (!p->source_path)
		p->source_path = mem_dup(span_of(p->source_url));
	if (!p->get_settle)
		p->get_settle = SETTLE_CAPS * p->poll_cap;
	/* a job that a cancel deletes is not there afterwards */
	if (p->cancel.method && strcmp(p->cancel.method, "DELETE") == 0 && !p->cancel_gone.n)
		default_gone(&p->cancel_gone);
	if (p->settle < 0)
		p->settle = p->timeout + SETTLE_MARGIN;
	default_pointers(&p->job, "");
	default_pointers(&p->outputs, "");
}

struct profile *
profile_parse(const char *from, struct span doc)
{
	size_t at = 0;
	struct profile *p = mem_zero(sizeof *p);
	struct profile_reader r = {from, p, doc};
	p->jobs = 4;
	p->timeout = 30 * SECOND;
	p->list_max = 100;
	p->key_max = 255;
	p->backoff = SECOND / 2;
	p->settle = -1;
	p->poll_first = 2 * SECOND;
	p->poll_factor = 1.5;
	p->poll_cap = 30 * SECOND;
	const char *why = json_check(doc, &at);
	if (why)
		profile_error(&r, "", "not JSON: %s (byte %zu)", why, at + 1);
	if (json_type(doc) != JSON_OBJECT)
		profile_error(&r, "", "an object is wanted");
	read_object(&r, "", doc);
	profile_parts(&r);
	complete(&r);
	return p;
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
	for (size_t i = 0; i < p->with_n; i++) {
		free(p->with[i].option);
		free(p->with[i].word);
		free(p->with[i].pointer);
		free(p->with[i].value);
	}
	free(p->with);
	strings_free(&p->headers);
	strings_free(&p->upload.headers);
	strings_free(&p->upload.types);
	strings_free(&p->upload.fields);
	strings_free(&p->match_request);
	strings_free(&p->match_job);
	free(p->key_pointer);
	free(p->key_header);
	free(p);
}
