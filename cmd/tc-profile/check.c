/*
 * tc-profile check: report each problem with its line, which tools the profile
 * cannot be used with, and a request made without sending it.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/capture.h"
#include "base/clock.h"
#include "base/findpath.h"
#include "base/msg.h"
#include "http/http.h"
#include "service/profile_value.h"
#include "service/variables.h"
#include "tool.h"
#include "json/json.h"

enum { RECORD_MAX = 16 << 20 };

struct lack {
	bool lacks;
	const char *member, *means;
};

static size_t
find_lacks(const struct profile *p, struct lack *out)
{
	bool keys = p->key_pointer || p->key_header, ends = false;
	for (size_t i = 0; i < p->states_n; i++)
		ends |= p->states[i].state == STATE_SUCCEEDED;
	const struct lack all[] = {
		{!ends, "/states", "no status means succeeded: tc-wait never sees a job succeed"},
		{!keys && (!p->list.method || !p->match_request.n), "/list/match",
		 "tc-create leaves a create whose answer was lost in doubt"},
		{!p->list.method, "/list", "tc-list does not work"},
		{p->list.method && !p->list_created.n, "/list/created",
		 "tc-wait asks about jobs one by one"},
		{!p->cancel.method, "/cancel", "tc-cancel does not work"},
		{!p->url.method && !p->url_from_get, "/url",
		 "tc-url and tc-get do not work for ids"},
		{(p->url.method || p->url_from_get) && !p->output_url.n && !p->url_templates.n,
		 "/url/urls", "tc-url finds no address"},
		{!p->upload.kind, "/upload", "tc-put does not work"},
		{!p->hook_job.n, "/webhook/job", "tc-hook does not work"},
	};
	size_t n = 0;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].lacks)
			out[n++] = all[i];
	return n;
}

/* Return the path of tc-create: beside this program, or on PATH. The caller frees. */
static char *
find_create(void)
{
	const char *slash = strrchr(tool_options.self, '/');
	struct buf beside = {0};
	if (slash)
		buf_fmt(&beside, "%.*s/tc-create", (int)(slash - tool_options.self),
			tool_options.self);
	char *path = slash && access(buf_cstr(&beside), X_OK) == 0 ? mem_dup(buf_all(&beside))
								   : find_command("tc-create");
	buf_free(&beside);
	return path ? path : mem_dup(span_of("tc-create"));
}

/* Have tc-create -n make the request of a line. Return NULL, or why that failed. */
static const char *
dry_record(const char *file, const char *line, struct buf *record)
{
	char *create = find_create();
	char *argv[] = {create,       (char *)"-n", (char *)"--quiet", (char *)"-p",
			(char *)file, (char *)"--", (char *)line,      NULL};
	const char *why = capture(argv, 60 * SECOND, RECORD_MAX, record);
	free(create);
	return why;
}

/* The request of a line, as tc-create would send it: from its record. */
struct request {
	struct span body;
	char *key; /* the idempotency key, or NULL */
};

/* Append the headers of a request, one per line. */
static void
add_headers(struct buf *out, const struct profile *p, const char *key)
{
	static const char *const auth[] = {NULL, "Authorization: Bearer ***", NULL,
					   "Authorization: Basic ***",
					   "Authorization: AWS4-HMAC-SHA256 ***"};
	buf_fmt(out, "Content-Type: %s\n",
		p->create.form ? "application/x-www-form-urlencoded" : "application/json");
	buf_str(out, "Accept: application/json\n");
	for (size_t i = 0; i < p->headers.n; i++) {
		variables_fill(p, p->headers.v[i], VARIABLE_HEADER, true, false, out);
		buf_ch(out, '\n');
	}
	if (p->auth == AUTH_HEADER)
		buf_fmt(out, "%s: ***\n", p->key_name);
	else if (auth[p->auth])
		buf_fmt(out, "%s\n", auth[p->auth]);
	if (p->key_header && key)
		buf_fmt(out, "%s: %s\n", p->key_header, key);
}

static void
add_url(struct buf *out, const struct profile *p)
{
	variables_fill(p, p->base_url, VARIABLE_HOST, true, false, out);
	while (out->n && out->p[out->n - 1] == '/')
		out->n--;
	variables_fill(p, p->create.path, VARIABLE_PATH, true, false, out);
}

static void
request_json(struct buf *out, const struct profile *p, const struct request *q)
{
	struct buf url = {0}, headers = {0}, object = {0};
	add_url(&url, p);
	add_headers(&headers, p, q->key);
	json_open(&object);
	for (const char *h = buf_cstr(&headers); *h; h += strcspn(h, "\n") + 1) {
		size_t name = strcspn(h, ":"), n = strcspn(h, "\n");
		char *text = mem_dup((struct span){h, name});
		json_str(&object, text, (struct span){h + name + 2, n - name - 2});
		free(text);
	}
	json_close(&object);
	json_open(out);
	json_str(out, "method", span_of(p->create.method));
	json_str(out, "url", buf_all(&url));
	json_raw(out, "headers", buf_all(&object));
	json_raw(out, "body", q->body);
	json_close(out);
	buf_free(&url);
	buf_free(&headers);
	buf_free(&object);
}

static void
report_json(const char *file, const struct profile *p, const struct profile_problems *bad,
	    const struct request *q)
{
	struct buf out = {0}, list = {0}, one = {0};
	struct lack lacks[16];
	json_open(&out);
	json_bool(&out, "ok", !bad->n && q->body.n);
	json_str(&out, "profile", span_of(file));
	for (size_t i = 0; i < bad->n; i++) {
		buf_str(&list, i ? "," : "");
		json_open(&list);
		json_int(&list, "line", bad->v[i].line);
		json_str(&list, "member", span_of(bad->v[i].at));
		json_str(&list, "message", span_of(bad->v[i].text));
		json_close(&list);
	}
	buf_fmt(&one, "[%s]", buf_cstr(&list));
	json_raw(&out, "problems", buf_all(&one));
	list.n = one.n = 0;
	size_t n = bad->n ? 0 : find_lacks(p, lacks);
	for (size_t i = 0; i < n; i++) {
		buf_str(&list, i ? "," : "");
		json_open(&list);
		json_str(&list, "member", span_of(lacks[i].member));
		json_str(&list, "message", span_of(lacks[i].means));
		json_close(&list);
	}
	buf_fmt(&one, "[%s]", buf_cstr(&list));
	json_raw(&out, "missing", buf_all(&one));
	one.n = 0;
	if (q->body.n) {
		request_json(&one, p, q);
		json_raw(&out, "request", buf_all(&one));
	}
	json_close(&out);
	buf_ch(&out, '\n');
	tool_write(&out);
	buf_free(&out);
	buf_free(&list);
	buf_free(&one);
}

static void
report(const char *file, const struct profile *p, const struct request *q)
{
	struct buf out = {0};
	struct lack lacks[16];
	size_t n = find_lacks(p, lacks);
	buf_fmt(&out, "%s: %s: no problem\ncalls: ", file, p->name);
	tool_calls(&out, p, " ");
	buf_ch(&out, '\n');
	for (size_t i = 0; i < n; i++)
		buf_fmt(&out, "missing: %s: %s\n", lacks[i].member, lacks[i].means);
	if (q->body.n) {
		buf_fmt(&out, "\n%s ", p->create.method);
		add_url(&out, p);
		buf_ch(&out, '\n');
		add_headers(&out, p, q->key);
		buf_ch(&out, '\n');
		buf_span(&out, q->body);
		buf_ch(&out, '\n');
	}
	tool_write(&out);
	buf_free(&out);
}

/* Add a problem if the key would be sent in the clear, which no tool does. */
static void
check_plain(const struct profile_reader *r)
{
	const char *url = r->p->base_url;
	if (url && !http_url_problem(url) && strncasecmp(url, "http://", 7) == 0 &&
	    r->p->auth != AUTH_NONE && !http_url_loopback(url))
		profile_error(r, "/base_url",
			      "\"%s\": a key is not sent over plain http: use https", url);
}

static int
by_line(const void *a, const void *b)
{
	const struct profile_problem *x = a, *y = b;
	return x->line < y->line ? -1 : x->line > y->line;
}

/* Make the request of a line; its body is in the record. It is empty, after a message, on failure.
 */
static void
dry_request(const char *file, const char *line, struct buf *record, struct request *q)
{
	const char *why = dry_record(file, line, record);
	if (why || json_check(buf_all(record), NULL) ||
	    json_get(buf_all(record), "request", &q->body) != 1) {
		q->body = (struct span){0};
		msg_error("no request could be made of the line %s: %s", line,
			  why ? why : "tc-create says why");
		return;
	}
	q->key = json_text_of(buf_all(record), "key");
}

int
tool_check(const char *file, const char *line)
{
	struct buf text = {0}, record = {0};
	struct profile_problems bad = {0};
	struct request q = {0};
	char *from = NULL;
	if (!profile_text_of(file, &text, &from))
		(void)profile_load(file); /* exits, with the nearest name */
	struct profile *p = profile_parse(from, buf_all(&text), &bad);
	check_plain(&(struct profile_reader){from, p, buf_all(&text), &bad});
	if (bad.n)
		qsort(bad.v, bad.n, sizeof *bad.v, by_line);
	if (!bad.n)
		dry_request(file, line, &record, &q);
	for (size_t i = 0; i < bad.n && !tool_options.json; i++)
		msg_error("profile %s: line %u: %s%s%s", from, bad.v[i].line, bad.v[i].at,
			  *bad.v[i].at ? ": " : "", bad.v[i].text);
	if (tool_options.json)
		report_json(from, p, &bad, &q);
	else if (!bad.n)
		report(from, p, &q);
	int status = bad.n || !q.body.n ? EXIT_BAD_CONFIG : EXIT_OK;
	free(q.key);
	profile_free(p);
	profile_problems_free(&bad);
	buf_free(&text);
	buf_free(&record);
	free(from);
	return status;
}
