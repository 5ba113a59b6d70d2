#include "jobs.h"
#include "job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct fake_job *jobs;
size_t jobs_n;
unsigned default_polls = 1;
char self_url[64];

bool
has(const char *text, const char *word)
{
	return strstr(text, word) != NULL;
}

/* The text of "name": "..." in a body, escapes left in place; NULL if it is not there. Caller
 * frees. */
char *
string_after(const char *body, const char *name)
{
	const char *p = strstr(body, name), *end;
	if (!p)
		return NULL;
	p += strlen(name);
	p += strspn(p, ": ");
	if (*p++ != '"')
		return NULL;
	for (end = p; *end && *end != '"'; end++)
		if (*end == '\\' && end[1])
			end++;
	return mem_dup((struct span){p, (size_t)(end - p)});
}

/* The array after "name":, as it is. Caller frees. */
static char *
array_after(const char *body, const char *name)
{
	const char *p = strstr(body, name), *end;
	int depth = 0;
	bool quoted = false;
	if (!p || !(p = strchr(p, '[')))
		return mem_dup(span_of("[]"));
	for (end = p; *end; end++) {
		if (quoted && *end == '\\' && end[1])
			end++;
		else if (*end == '"')
			quoted = !quoted;
		else if (!quoted && *end == '[')
			depth++;
		else if (!quoted && *end == ']' && --depth == 0)
			break;
	}
	return mem_dup((struct span){p, (size_t)(end - p) + (*end != '\0')});
}

static struct fake_job *
find_job(const char *id)
{
	for (size_t i = 0; i < jobs_n; i++)
		if (strcmp(jobs[i].id, id) == 0)
			return &jobs[i];
	return NULL;
}

static struct fake_job *
find_key(const char *key)
{
	for (size_t i = 0; key && i < jobs_n; i++)
		if (jobs[i].key && strcmp(jobs[i].key, key) == 0)
			return &jobs[i];
	return NULL;
}

/* Takes source and key. */
static struct fake_job *
new_job(char *source, char *key, const char *body, bool connect)
{
	time_t now = time(NULL);
	struct tm tm;
	jobs = mem_grow(jobs, (jobs_n + 1) * sizeof *jobs);
	struct fake_job *j = &jobs[jobs_n++];
	*j = (struct fake_job){
		.source = source, .key = key, .connect = connect, .polls_wanted = default_polls};
	const char *polls = strstr(source, "polls");
	if (polls)
		j->polls_wanted = (unsigned)strtoul(polls + 5, NULL, 10);
	snprintf(j->id, sizeof j->id, has(source, "oddid") ? "a/../b c?%zu#" : "job_%04zu", jobs_n);
	j->inputs = array_after(body, "\"inputs\"");
	j->format = string_after(body, "\"outputFormat\"");
	if (gmtime_r(&now, &tm))
		strftime(j->created, sizeof j->created, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return j;
}

static void
job_reply(struct buf *b, const struct fake_job *j)
{
	if (!j->connect) {
		micro_job(b, j);
		return;
	}
	buf_str(b, "{\"job\":");
	connect_job(b, j, false);
	buf_ch(b, '}');
}

int
create_job(struct buf *b, const char *body, bool connect)
{
	char *source = string_after(body, connect ? "\"input_url\"" : "\"url\"");
	char *key = connect ? string_after(body, "\"idempotency_key\"") : NULL;
	struct fake_job *j = find_key(key);
	if (!j && (!source || has(source, "reject400"))) {
		buf_str(b, connect ? "{\"code\":\"invalid_argument\",\"message\":\"input_url: not "
				     "allowed\"}"
				   : "{\"message\":\"inputs[0].url: not allowed\"}");
		free(source);
		free(key);
		return 400;
	}
	if (j) {
		free(source);
		free(key);
	} else {
		j = new_job(source, key, body, connect);
	}
	job_reply(b, j);
	return connect ? 200 : 201;
}

int
no_job(struct buf *b)
{
	buf_str(b, "{\"code\":\"not_found\",\"message\":\"no such job\"}");
	return 404;
}

int
get_job(struct buf *b, const char *id)
{
	struct fake_job *j = id ? find_job(id) : NULL;
	if (!j || j->gone)
		return no_job(b);
	j->polls++;
	job_reply(b, j);
	return 200;
}

/* A job that has ended cannot be canceled. DELETE deletes it, and says nothing. */
int
cancel_job(struct buf *b, const char *id, bool deletes)
{
	struct fake_job *j = id ? find_job(id) : NULL;
	if (!j || j->gone)
		return no_job(b);
	if (job_ended(j) && !deletes) {
		buf_str(b, "{\"message\":\"the job has ended\"}");
		return 400;
	}
	j->canceled = !deletes;
	j->gone = deletes;
	if (!deletes)
		job_reply(b, j);
	return deletes ? 204 : 200;
}

int
download_job(struct buf *b, const char *id)
{
	struct fake_job *j = find_job(id);
	if (!j)
		return no_job(b);
	if (strcmp(job_status(j), "completed") != 0) {
		buf_str(b, "{\"message\":\"the job has no output\"}");
		return 400;
	}
	buf_fmt(b, "{\"url\":\"%s/files/%zu%s.mp4?sig=1&x=2\"}", self_url, (size_t)(j - jobs),
		has(j->source, "gone") ? "-gone" : "");
	return 200;
}

static unsigned
query_number(const char *path, const char *name, unsigned otherwise)
{
	const char *p = strstr(path, name);
	return p ? (unsigned)strtoul(p + strlen(name), NULL, 10) : otherwise;
}

/* Both lists are newest first, and count as a question about each job in them. */
static void
list_page(struct buf *b, bool connect, size_t skip, size_t limit)
{
	size_t n = 0;
	buf_ch(b, '[');
	for (size_t i = jobs_n; i-- > 0;) {
		if (jobs[i].connect != connect || n++ < skip || n > skip + limit)
			continue;
		if (b->p[b->n - 1] != '[')
			buf_ch(b, ',');
		jobs[i].polls++;
		if (connect)
			connect_job(b, &jobs[i], true);
		else
			micro_job(b, &jobs[i]);
	}
	buf_ch(b, ']');
}

/* GET /v1/transcodes?limit&page&since */
int
list_micro(struct buf *b, const char *path)
{
	unsigned limit = query_number(path, "limit=", 20), page = query_number(path, "page=", 1);
	buf_str(b, "{\"items\":");
	list_page(b, false, (size_t)limit * (page - 1), limit);
	buf_fmt(b, ",\"page\":%u,\"limit\":%u,\"total\":%zu}", page, limit, jobs_n);
	return 200;
}

/* Pages of 100; the cursor is how many came before. */
int
list_connect(struct buf *b, const char *body)
{
	char *cursor = string_after(body, "\"cursor\"");
	size_t skip = cursor ? strtoul(cursor, NULL, 10) : 0, n = 0;
	for (size_t i = 0; i < jobs_n; i++)
		n += jobs[i].connect;
	buf_str(b, "{\"jobs\":");
	list_page(b, true, skip, 100);
	buf_str(b, ",\"pagination\":{\"next_cursor\":\"");
	if (n > skip + 100)
		buf_fmt(b, "%zu", skip + 100);
	buf_fmt(b, "\",\"total_count\":%zu}}", n);
	free(cursor);
	return 200;
}

/* The most jobs that one source has. */
size_t
most_per_source(void)
{
	size_t most = 0;
	for (size_t i = 0; i < jobs_n; i++) {
		size_t n = 0;
		for (size_t k = 0; k < jobs_n; k++)
			n += strcmp(jobs[i].source, jobs[k].source) == 0;
		most = n > most ? n : most;
	}
	return most;
}

void
jobs_free(void)
{
	for (size_t i = 0; i < jobs_n; i++) {
		free(jobs[i].source);
		free(jobs[i].inputs);
		free(jobs[i].format);
		free(jobs[i].key);
	}
	free(jobs);
}
