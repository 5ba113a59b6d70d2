#include "answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/date.h"

enum { ITEMS_MAX = 2000000 };

static struct {
	double rate, burst;
	bool date;
	long jobs;
	int64_t end_from, end_to; /* microseconds */
} o;

struct count count;
static double tokens;
static int64_t counted, began; /* when the bucket was last filled; the first question about a job */
static long next_id;
static unsigned char *made; /* by item: has a job */
static int64_t *not_before; /* by item: what its last 429 asked for */

const char *
millis(const char *text, int64_t *from, int64_t *to)
{
	char *end;
	*from = *to = (int64_t)(strtod(text, &end) * (double)MILLISECOND);
	if (*end == ':')
		*to = (int64_t)(strtod(end + 1, &end) * (double)MILLISECOND);
	return *end || *from < 0 || *to < *from ? "not FROM:TO in milliseconds" : NULL;
}

static const char *
set_end(void *to, const char *value)
{
	(void)to;
	return millis(value, &o.end_from, &o.end_to);
}

static const char *
set_limit(void *to, const char *value)
{
	char *end;
	(void)to;
	o.rate = strtod(value, &end);
	if (*end == ':')
		o.burst = strtod(end + 1, &end);
	return *end || o.rate <= 0 || o.burst < 1 ? "not RATE:BURST" : NULL;
}

const struct opt answer_options[] = {
	{OPT_CALL, 0, "limit", "RATE:BURST", "429 over it", NULL, 0, 0, set_limit},
	{OPT_FLAG, 0, "date", NULL, "Retry-After as a date", &o.date, 0, 0, 0},
	{OPT_NUMBER, 0, "jobs", "N", "jobs that are there", &o.jobs, 0, 1000000, 0},
	{OPT_CALL, 0, "end", "MS:MS", "when they end", NULL, 0, 0, set_end},
	{0},
};

int64_t
spread(int64_t from, int64_t to, long k)
{
	return from + (to - from) * (int64_t)((uint32_t)k * 2654435761u >> 16) / 65536;
}

static void
reply(struct buf *out, const char *status, const char *header, struct span body)
{
	out->n = 0;
	buf_fmt(out,
		"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n",
		status, body.n, header);
	buf_span(out, body);
}

static bool
take_token(int64_t now)
{
	if (o.rate <= 0)
		return true;
	tokens += o.rate * (double)(now - counted) / (double)SECOND;
	counted = now;
	if (tokens > o.burst)
		tokens = o.burst;
	if (tokens < 1)
		return false;
	tokens -= 1;
	return true;
}

/* Says when there is a token again, in whole seconds, and holds the item to it. */
static void
refuse(struct buf *out, long item, int64_t now)
{
	char header[80];
	int64_t wait = (int64_t)((1 - tokens) / o.rate * (double)SECOND), wall = clock_wall();
	wait = (wait + SECOND - 1) / SECOND * SECOND;
	if (o.date) {
		time_t at = (time_t)((wall + wait + SECOND - 1) / SECOND);
		struct tm tm;
		gmtime_r(&at, &tm);
		strftime(header, sizeof header, "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
		wait = (int64_t)at * SECOND - wall;
	} else {
		snprintf(header, sizeof header, "Retry-After: %lld\r\n",
			 (long long)(wait / SECOND));
	}
	if (item >= 0)
		not_before[item] = now + wait;
	count.refused++;
	reply(out, "429 Too Many Requests", header, span_of("{\"error\":\"rate_limited\"}"));
}

static void
job_text(struct buf *b, long k, int64_t now)
{
	if (!began)
		began = now;
	bool ended = now >= began + spread(o.end_from, o.end_to, k);
	buf_fmt(b, "{\"id\":\"job_%ld\",\"status\":\"%s\",\"created_at\":\"", k,
		ended ? "completed" : "processing");
	date_rfc3339(b, clock_wall() - (now - began));
	buf_str(b, "\"}");
}

static void
list(struct buf *b, const char *query, int64_t now)
{
	const char *l = strstr(query, "limit="), *p = strstr(query, "page=");
	long limit = l ? strtol(l + 6, NULL, 10) : 20, page = p ? strtol(p + 5, NULL, 10) : 1;
	buf_str(b, "{\"items\":[");
	for (long k = (page - 1) * limit + 1, sent = 0; k > 0 && k <= o.jobs && sent < limit;
	     k++, sent++) {
		if (sent)
			buf_ch(b, ',');
		job_text(b, k, now);
	}
	buf_str(b, "]}");
}

static void
create(struct buf *b, long item, int64_t now)
{
	if (item >= 0) {
		count.duplicates += made[item];
		count.early += now < not_before[item];
		made[item] = 1;
	}
	count.created++;
	buf_fmt(b, "{\"id\":\"job_%ld\",\"status\":\"pending\"}", ++next_id);
}

static void
tell_stats(struct buf *b)
{
	buf_fmt(b,
		"{\"requests\":%ld,\"refused\":%ld,\"created\":%ld,\"duplicates\":%ld,\"early\":%"
		"ld,\"connections\":%ld,"
		"\"in_flight\":%ld,\"gets\":%ld,\"lists\":%ld}",
		count.requests, count.refused, count.created, count.duplicates, count.early,
		count.connections - 1, count.most, count.gets,
		count.lists); /* the one that asks is not counted */
	long open = count.in_flight;
	memset(&count, 0, sizeof count);
	count.in_flight = open;
	memset(made, 0, ITEMS_MAX);
	memset(not_before, 0, ITEMS_MAX * sizeof *not_before);
	tokens = o.burst;
	counted = clock_now();
	began = 0;
}

void
answer(struct buf *out, const char *head, const char *body, int64_t now)
{
	struct buf text = {0};
	const char *path = strchr(head, ' '), *mark = strstr(body, "item-");
	path = path ? path + 1 : "";
	long item = mark ? strtol(mark + 5, NULL, 10) : -1;
	if (item >= ITEMS_MAX)
		item = -1;
	if (strncmp(path, "/stats", 6) == 0) {
		tell_stats(&text);
		reply(out, "200 OK", "", buf_all(&text));
		buf_free(&text);
		return;
	}
	count.requests++;
	if (!take_token(now)) {
		refuse(out, item, now);
		return;
	}
	if (head[0] == 'P') {
		create(&text, item, now);
	} else if (strncmp(path, "/v1/transcodes?", 15) == 0) {
		count.lists++;
		list(&text, path, now);
	} else {
		const char *id = strstr(path, "job_");
		count.gets++;
		job_text(&text, id ? strtol(id + 4, NULL, 10) : 0, now);
	}
	reply(out, "200 OK", "", buf_all(&text));
	buf_free(&text);
}

void
answers_init(void)
{
	struct buf none = {0};
	made = mem_zero(ITEMS_MAX);
	not_before = mem_zero(ITEMS_MAX * sizeof *not_before);
	tell_stats(&none);
	buf_free(&none);
}
