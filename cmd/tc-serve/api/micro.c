#include "api/micro.h"

#include <stdlib.h>
#include <string.h>

#include "api/micro_response.h"
#include "api/upload.h"
#include "base/clock.h"
#include "base/date.h"
#include "encode/encoder.h"
#include "http/call.h"
#include "http/files.h"
#include "serve.h"
#include "store/store.h"
#include "when.h"
#include "json/json.h"

#define DOWNLOAD_TTL (600 * SECOND)

static void
add_item(void *ctx, const struct job *j)
{
	struct buf *items = ctx;
	if (items->n > 1)
		buf_ch(items, ',');
	micro_job(items, j);
}

/*
 * Read a query argument that is a number from lo to hi. Return false, with an
 * error response, if it is not.
 */
static bool
arg_number(struct call *c, const char *name, long lo, long hi, long *out)
{
	const char *text = call_arg(c, name);
	char *end;
	if (!text)
		return true;
	long n = strtol(text, &end, 10);
	if (end == text || *end || n < lo || n > hi) {
		micro_error(c, 400, "Validation failed", "%s must be a number from %ld to %ld",
			    name, lo, hi);
		return false;
	}
	*out = n;
	return true;
}

static bool
arg_time(struct call *c, const char *name, int64_t *out)
{
	const char *text = call_arg(c, name);
	if (!text || date_parse(text, out))
		return true;
	micro_error(c, 400, "Validation failed", "%s must be an ISO 8601 time", name);
	return false;
}

static bool
arg_status(struct call *c, struct query *q)
{
	static const char *const known[] = {"pending", "processing", "completed", "failed",
					    "canceled"};
	const char *text = call_arg(c, "status");
	if (!text)
		return true;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(text, known[i]) == 0)
			q->status[q->nstatus++] = known[i];
	if (q->nstatus && strcmp(text, "processing") == 0)
		q->status[q->nstatus++] = "probing";
	if (!q->nstatus)
		micro_error(
			c, 400, "Validation failed",
			"status must be one of pending, processing, completed, failed, canceled");
	return q->nstatus > 0;
}

static void
list(struct call *c)
{
	struct query q = {.api = API_MICRO, .limit = 20};
	long page = 1;
	if (!arg_number(c, "page", 1, 1000000, &page) ||
	    !arg_number(c, "limit", 1, 100, &q.limit) || !arg_time(c, "since", &q.since) ||
	    !arg_time(c, "until", &q.until) || !arg_status(c, &q))
		return;
	q.offset = (page - 1) * q.limit;
	struct buf items = {0}, *out = call_json(c, 200);
	buf_ch(&items, '[');
	long total = store_list(c->serve->store, &q, add_item, &items);
	buf_ch(&items, ']');
	json_open(out);
	json_raw(out, "items", buf_all(&items));
	json_int(out, "page", page);
	json_int(out, "limit", q.limit);
	json_int(out, "total", total);
	json_close(out);
	call_set(c, "X-Total-Count", "%ld", total);
	buf_free(&items);
}

static void
cancel(struct call *c, struct job *j)
{
	if (job_ended(j->status)) {
		struct buf error = {0};
		buf_fmt(&error, "Cannot cancel job in status: %s", micro_status(j));
		micro_error(c, 400, buf_cstr(&error), "the job is %s already", micro_status(j));
		buf_free(&error);
		return;
	}
	job_cancel(j, clock_wall());
	if (!store_put(c->serve->store, j)) {
		micro_error(c, 500, "Internal error", "the job could not be written");
		return;
	}
	encode_cancel(c->serve->encoder, j->id);
	struct buf job = {0}, *out = call_json(c, 200);
	micro_job(&job, j);
	json_open(out);
	json_bool(out, "success", true);
	json_str(out, "message", span_of("Job canceled"));
	json_raw(out, "job", buf_all(&job));
	json_close(out);
	buf_free(&job);
}

/*
 * Return whether the URL is requested, not the bytes: by ?url=true, or by a
 * client that accepts only JSON.
 */
static bool
wants_url(const struct call *c)
{
	const char *url = call_arg(c, "url"), *accept = call_header(c, "Accept");
	return url ? strcmp(url, "true") == 0
		   : accept && strncmp(accept, "application/json", 16) == 0;
}

static void
download(struct call *c, const struct job *j)
{
	if (strcmp(j->status, "completed") != 0) {
		struct buf error = {0};
		buf_fmt(&error, "Not completed: the job is %s", micro_status(j));
		micro_error(c, 400, buf_cstr(&error), "the job is %s: there is nothing to download",
			    micro_status(j));
		buf_free(&error);
	} else if (!wants_url(c)) {
		files_send(c, j->out[0].path);
	} else {
		struct buf text = {0}, *out = call_json(c, 200);
		files_url(c, &text, j->out[0].path,
			  c->serve->cfg.url_ttl ? c->serve->cfg.url_ttl : DOWNLOAD_TTL);
		json_open(out);
		json_str(out, "url", buf_all(&text));
		json_close(out);
		buf_free(&text);
	}
}

/* /v1/transcodes/{id}[/cancel|/download] */
static void
one_job(struct call *c, const char *rest)
{
	const char *slash = strchr(rest, '/'), *verb = slash ? slash : "";
	char *id = mem_dup((struct span){rest, slash ? (size_t)(slash - rest) : strlen(rest)});
	struct job j;
	bool get = strcmp(c->method, "GET") == 0;
	if (!store_get(c->serve->store, API_MICRO, id, &j))
		micro_error(c, 404, "Transcode not found", NULL);
	else if (!*verb && get)
		micro_job(call_json(c, 200), &j);
	else if (strcmp(verb, "/download") == 0 && get)
		download(c, &j);
	else if (strcmp(verb, "/cancel") == 0 && strcmp(c->method, "PATCH") == 0)
		cancel(c, &j);
	else
		micro_error(c,
			    *verb && strcmp(verb, "/download") != 0 && strcmp(verb, "/cancel") != 0
				    ? 404
				    : 405,
			    "No such call", "%s %s", c->method, c->path);
	job_free(&j);
	free(id);
}

static void
post(struct call *c, void (*handler)(struct call *c, struct span body))
{
	struct span body;
	const char *why;
	if (strcmp(c->method, "POST") != 0)
		micro_error(c, 405, "No such call", "%s %s", c->method, c->path);
	else if (!call_object(c, &body, &why))
		micro_error(c, 400, "Validation failed", "%s", why);
	else
		handler(c, body);
}

void
micro_call(struct call *c)
{
	static const char jobs[] = "/v1/transcodes";
	const char *p = c->path;
	if (strcmp(p, jobs) == 0 && strcmp(c->method, "GET") == 0)
		list(c);
	else if (strcmp(p, jobs) == 0)
		post(c, micro_create);
	else if (strncmp(p, jobs, sizeof jobs - 1) == 0 && p[sizeof jobs - 1] == '/')
		one_job(c, p + sizeof jobs);
	else if (strcmp(p, "/v1/upload/presigned-url") == 0)
		post(c, upload_presign);
	else if (strcmp(p, "/v1/upload/confirm") == 0)
		post(c, upload_confirm);
	else
		micro_error(c, 404, "Not found", "there is no %s here", p);
}
