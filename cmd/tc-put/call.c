/* The service's calls about an upload, and what its answers say. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/msg.h"
#include "flow/retry.h"
#include "put.h"
#include "json/json.h"

enum { URLS_AT_ONCE = 100, QUESTIONS_MAX = 20, PART_SIZE = 25 << 20 };

static const struct call *
call_of(const struct upload *u)
{
	const struct upload_profile *p = u->put->profile;
	switch (u->phase) {
	case PHASE_START:
		return &p->start;
	case PHASE_MORE:
		return &p->more;
	case PHASE_FINISH:
		return &p->finish;
	case PHASE_GET:
		return &p->get;
	case PHASE_JOB:
		return &u->put->service.profile->get;
	default:
		return &p->abort;
	}
}

/* The numbers of parts whose URLs are asked for. */
static void
add_numbers(const struct upload *u, struct buf *out)
{
	size_t n = 0;
	buf_ch(out, '[');
	for (size_t i = u->part; i < u->remote.parts_n && n < URLS_AT_ONCE; i++)
		if (!u->remote.parts[i].etag)
			buf_fmt(out, "%s%zu", n++ ? "," : "", i + 1);
	buf_ch(out, ']');
}

/* The list of parts that a finish names: each as the profile's /upload/part/item. */
static void
add_parts(const struct upload *u, struct buf *out)
{
	const struct upload_profile *p = u->put->profile;
	buf_ch(out, '[');
	for (size_t i = 0; i < u->remote.parts_n; i++) {
		struct buf n = {0};
		struct span fill;
		buf_fmt(&n, "%zu", i + 1);
		struct template_value v[] = {
			{.name = "number", .value = buf_cstr(&n), .number = true},
			{.name = "etag", .value = u->remote.parts[i].etag}};
		struct template_args args = {.values = v, .values_n = 2, .escape = json_escape};
		if (i)
			buf_ch(out, ',');
		template_once(p->part_item, TEMPLATE_NAMES, &args, out, &fill);
		buf_free(&n);
	}
	buf_ch(out, ']');
}

void
call_fills_make(const struct upload *u, struct call_fills *f)
{
	const char *base = strrchr(u->path, '/');
	size_t n = 0;
	*f = (struct call_fills){0};
	buf_fmt(&f->size, "%lld", (long long)u->source.size);
	buf_fmt(&f->total, "%zu", u->remote.parts_n);
	buf_fmt(&f->part, "%lld", (long long)u->remote.part_size);
	add_numbers(u, &f->numbers);
	if (u->phase == PHASE_FINISH)
		add_parts(u, &f->parts);
	f->v[n++] = (struct template_value){.name = "name", .value = base ? base + 1 : u->path};
	f->v[n++] = (struct template_value){.name = "type", .value = u->type};
	f->v[n++] = (struct template_value){
		.name = "size", .value = buf_cstr(&f->size), .number = true};
	f->v[n++] = (struct template_value){.name = "upload", .value = u->remote.upload};
	f->v[n++] = (struct template_value){.name = "id",
					    .value = u->phase == PHASE_JOB ? u->id : u->remote.id};
	f->v[n++] = (struct template_value){
		.name = "total", .value = buf_cstr(&f->total), .number = true};
	f->v[n++] = (struct template_value){
		.name = "part", .value = buf_cstr(&f->part), .number = true};
	f->v[n++] = (struct template_value){
		.name = "numbers", .value = buf_cstr(&f->numbers), .number = true};
	f->v[n++] = (struct template_value){
		.name = "parts", .value = buf_cstr(&f->parts), .number = true};
	f->n = n;
}

void
call_fills_free(struct call_fills *f)
{
	buf_free(&f->size);
	buf_free(&f->total);
	buf_free(&f->part);
	buf_free(&f->numbers);
	buf_free(&f->parts);
}

/* How many parts there are to be, of which size: as the user or the profile says, larger if they
 * would be too many. */
static void
plan_parts(struct upload *u)
{
	const struct upload_profile *p = u->put->profile;
	struct remote *r = &u->remote;
	int64_t size = put_options.part_size ? put_options.part_size
		       : p->part_size > 0    ? (int64_t)p->part_size
					     : PART_SIZE;
	if (size < (int64_t)p->part_min)
		size = (int64_t)p->part_min;
	if (p->part_max > 0 && size > (int64_t)p->part_max)
		size = (int64_t)p->part_max;
	if ((u->source.size - 1) / size + 1 > p->part_most)
		size = (u->source.size - 1) / p->part_most + 1;
	r->part_size = size;
	r->parts_n = (size_t)((u->source.size - 1) / size + 1);
	r->parts = mem_zero(r->parts_n * sizeof *r->parts);
}

/* The start call's body: the profile's, with -d merged over it. */
static void
start_body(const struct upload *u, const struct call_fills *f, struct buf *out)
{
	struct template_args args = {.values = f->v,
				     .values_n = f->n,
				     .escape = json_escape,
				     .source = span_of(u->path),
				     .index = u->step.item.index,
				     .objects = {u->line.value}};
	struct buf own = {0}, given = {0};
	struct span fill;
	template_once(u->put->profile->start.body ? u->put->profile->start.body : "{}",
		      TEMPLATE_NAMES, &args, &own, &fill);
	template_once(buf_cstr(&u->put->start), TEMPLATE_NAMES | TEMPLATE_SOURCE, &args, &given,
		      &fill);
	json_merge(out, buf_all(&own), buf_all(&given));
	buf_free(&own);
	buf_free(&given);
}

void
call_send(struct upload *u)
{
	struct call_fills f;
	struct buf body = {0}, header = {0};
	struct service *s = &u->put->service;
	if (u->phase == PHASE_START && u->kind == UPLOAD_PARTS)
		plan_parts(u);
	call_fills_make(u, &f);
	struct call_request q = {.call = call_of(u),
				 .fills = f.v,
				 .fills_n = f.n,
				 .question = u->phase == PHASE_GET || u->phase == PHASE_JOB,
				 .may_be_empty =
					 u->phase == PHASE_ABORT ||
					 (u->phase == PHASE_START && u->kind == UPLOAD_TUS) ||
					 (u->phase == PHASE_FINISH && !u->put->profile->job.n),
				 .unsafe = u->phase == PHASE_FINISH && u->put->profile->job.n > 0};
	if (u->phase == PHASE_START && u->put->start.n) {
		start_body(u, &f, &body);
		q.body = buf_all(&body);
	}
	if (u->phase == PHASE_START && u->kind == UPLOAD_TUS && !u->put->profile->url.n) {
		send_tus_create(u, &header);
		q.header = buf_cstr(&header);
	}
	service_call(s, &u->step, &q);
	call_fills_free(&f);
	buf_free(&body);
	buf_free(&header);
}

static bool
take_part(void *ctx, struct span part)
{
	struct upload *u = ctx;
	const struct upload_profile *p = u->put->profile;
	char *number = profile_find(&p->part_number, part), *end;
	unsigned long n = number ? strtoul(number, &end, 10) : 0;
	if (n >= 1 && n <= u->remote.parts_n) {
		char **url = &u->remote.parts[n - 1].url;
		free(*url);
		*url = profile_find(&p->url, part);
	}
	free(number);
	return true;
}

/* When URLs end: as the reply says, else as the profile does. */
static void
read_expiry(struct upload *u, struct span doc)
{
	const struct upload_profile *p = u->put->profile;
	char *text = profile_find(&p->expires, doc);
	u->remote.expires = p->ttl ? clock_wall() + p->ttl : NEVER;
	if (text)
		(void)date_parse(text, &u->remote.expires);
	free(text);
}

static void
read_parts(struct upload *u, struct span doc)
{
	const struct upload_profile *p = u->put->profile;
	for (size_t i = 0; i < p->parts.n; i++)
		json_walk(doc, p->parts.v[i], take_part, u);
	read_expiry(u, doc);
}

static void
replace(char **to, char *text)
{
	if (!text)
		return;
	free(*to);
	*to = text;
}

static bool
no_place(struct upload *u, const struct call_result *a, const char *what)
{
	struct failure e = {.http = a->status};
	failure_set(&e, "bad_response", false, "HTTP %d, but the reply names no %s: %.*s",
		    a->status, what, (int)(a->doc.n < 200 ? a->doc.n : 200),
		    a->doc.p ? a->doc.p : "");
	e.http = a->status;
	step_fail(u, &e);
	failure_free(&e);
	return false;
}

static void
on_started(struct upload *u, const struct call_result *a)
{
	const struct upload_profile *p = u->put->profile;
	struct remote *r = &u->remote;
	struct span location =
		a->response ? http_header(a->response, "Location") : (struct span){0};
	replace(&r->id, profile_find(&p->id, a->doc));
	replace(&r->upload, profile_find(&p->upload, a->doc));
	call_read(u, a->doc);
	if (u->kind == UPLOAD_PARTS) {
		read_parts(u, a->doc);
		if (!r->parts[0].url && !p->more.method) {
			no_place(u, a, "URL of part 1");
			return;
		}
	} else {
		read_expiry(u, a->doc);
		replace(&r->url, profile_find(&p->url, a->doc));
		r->session = u->kind == UPLOAD_RESUMABLE && !p->create_method;
		if (!r->url && location.n) {
			r->url = http_url_join(u->put->service.base_url, location);
			r->session = true;
		}
		if (!r->url && !p->send.method) {
			no_place(u, a, "URL to send the file to");
			return;
		}
	}
	step_started(u);
}

static void
on_more(struct upload *u, const struct call_result *a)
{
	read_parts(u, a->doc);
	if (!u->remote.parts[u->part].url)
		no_place(u, a, "URL of the part that was asked for");
	else
		step_go(u, PHASE_SEND);
}

void
call_read(struct upload *u, struct span doc)
{
	const struct upload_profile *p = u->put->profile;
	char *expires = profile_find(&p->source_expires, doc);
	replace(&u->url, profile_find(&p->source, doc));
	replace(&u->id, profile_find(&p->job, doc));
	if (expires)
		(void)date_parse(expires, &u->expires);
	free(expires);
}

/* The service has taken the upload: the record is next, or what there is to be known of the job
 * that it makes. */
static void
taken(struct upload *u, const struct call_result *a)
{
	const struct upload_profile *p = u->put->profile;
	call_read(u, a->doc);
	if (u->id && u->put->service.profile->get.method) {
		step_go(u, PHASE_JOB);
	} else if (u->url || u->id || (!p->source.n && !p->job.n)) {
		output_done(u);
	} else if (p->get.method && u->questions++ < QUESTIONS_MAX) {
		const struct profile *sp = u->put->service.profile;
		step_later(u, PHASE_GET,
			   clock_now() +
				   retry_backoff(u->questions, sp->poll_first, sp->poll_cap, 1));
	} else {
		no_place(u, a, p->job.n ? "job" : "source");
	}
}

static void
on_got(struct upload *u, const struct call_result *a)
{
	const struct upload_profile *p = u->put->profile;
	char *status = profile_find(&p->status, a->doc);
	bool waiting = status && strings_have(&p->waiting, status);
	free(status);
	if (waiting && p->finish.method)
		step_go(u, PHASE_FINISH);
	else
		taken(u, a);
}

static void
on_job(struct upload *u, const struct call_result *a)
{
	const struct profile *p = u->put->service.profile;
	if (a->kind == CALL_OK) {
		struct span job = service_job(&u->put->service, a->doc);
		json_oneline(&u->job, job);
		replace(&u->status, profile_find(&p->status, job));
	}
	/* the job is there, whatever is said of it for now */
	output_done(u);
}

/* The answer to a finish was lost: it may have made a job. */
static void
on_lost(struct upload *u, const struct failure *e)
{
	struct failure doubt = {0};
	u->unsure = true;
	if (u->put->profile->get.method && u->questions++ < QUESTIONS_MAX &&
	    !u->put->service.flow.stopping) {
		step_later(u, PHASE_GET, clock_now() + u->put->service.profile->backoff);
		return;
	}
	failure_set(&doubt, "in_doubt", true,
		    "%s: the answer to its finish was lost, and the service may have made its job: "
		    "%.*s",
		    u->path, (int)e->message.n, e->message.p ? e->message.p : "");
	step_fail(u, &doubt);
	failure_free(&doubt);
}

static void
on_failed(struct upload *u, const struct failure *e)
{
	bool gone = e->http == 404 || e->http == 410;
	if (u->phase == PHASE_ABORT)
		step_fail(u, &u->error);
	else if ((u->phase == PHASE_FINISH || u->phase == PHASE_MORE || u->phase == PHASE_GET) &&
		 gone)
		step_restart(u, e);
	else
		step_fail(u, e);
}

void
call_answer(struct service *s, struct service_item *it, const struct call_result *a)
{
	struct upload *u = upload_of(it);
	(void)s;
	if (u->phase == PHASE_JOB) {
		on_job(u, a);
	} else if (a->kind == CALL_LOST) {
		on_lost(u, a->error);
	} else if (a->kind == CALL_FAILED) {
		on_failed(u, a->error);
	} else {
		switch (u->phase) {
		case PHASE_START:
			on_started(u, a);
			break;
		case PHASE_MORE:
			on_more(u, a);
			break;
		case PHASE_GET:
			on_got(u, a);
			break;
		case PHASE_ABORT:
			step_fail(u, &u->error);
			break;
		default:
			taken(u, a);
		}
	}
}
