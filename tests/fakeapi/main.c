/*
 * fakeapi [option ...]: serves both services' APIs on 127.0.0.1, with faults on request.
 * Prints the URLs of its two ports, one per line. GET /_stats returns its
 * counters. SIGTERM or SIGINT ends it.
 *
 *	--key TEXT       401 without "Bearer TEXT"
 *	--polls N        polls until a job ends (1)
 *	--latency MS     before each answer
 *	--limit R:B      429 above R a second, bursts of B
 *	--clock S        answers have a Date, S seconds ahead of created_at's clock
 *	--log FILE       a line per request: port, connection, method, path, headers
 *	--fault NAME     what goes wrong; the options after it say when:
 *	  --on OPS       create,get,list,url,cancel,head,file (all)
 *	  --every N      with each Nth request; --chance P: with that probability;
 *	  --first N      with the first N; --per-item N: with the first N of each item;
 *	  --after N      only after N requests
 *	  --commit yes|no  whether the request is carried out all the same
 *	  --item WORD    only where the source or id has it
 *	  --header LINE  in that answer (status:N and fine); --body TEXT; --body-file FILE
 *
 * Faults: fine (none, for its header), status:N, malformed, truncate, html, empty, big, big-length,
 *drip, never, close, rst, half-head, 1xx, chunked, gzip, short-length, flood, dup-length,
 *dup-header, redirect, redirect-https, escapes, bom, surrogate (half of one in a member before the
 *others), race (from a connection's second request on: closes it without an answer), garbage (no
 * HTTP), down:MS (race, and nobody listens for MS milliseconds).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fakeapi.h"
#include "faults.h"
#include "jobs.h"

struct stats stats;
struct settings settings;
static FILE *request_log;
static double limit_rate, limit_burst, limit_tokens;
static int64_t limit_seen;

static void
count(const struct conn *c, const struct request *q)
{
	char *auth = head_value(q->head, "Authorization");
	stats.requests++;
	stats.creates += strcmp(q->op, "create") == 0;
	stats.gets += strcmp(q->op, "get") == 0;
	stats.cancels += strcmp(q->op, "cancel") == 0;
	stats.lists += strcmp(q->op, "list") == 0;
	stats.urls += strcmp(q->op, "url") == 0;
	stats.files += strcmp(q->op, "head") == 0 || strcmp(q->op, "file") == 0;
	stats.early += still_held();
	stats.second += c->port == 1;
	stats.keyed += auth != NULL;
	stats.keyed_second += auth != NULL && c->port == 1;
	if (request_log) {
		fprintf(request_log, "%d %u ", c->port + 1, c->id);
		for (const char *p = q->head; *p; p++)
			if (*p == '\n')
				fputs(" | ", request_log);
			else if (*p != '\r')
				putc(*p, request_log);
		putc('\n', request_log);
		fflush(request_log);
	}
	free(auth);
}

static void
write_stats(struct buf *b)
{
	buf_fmt(b, "{\"requests\":%u,\"connections\":%u,\"most_in_flight\":%u,", stats.requests,
		stats.connections, stats.most_in_flight);
	buf_fmt(b,
		"\"creates\":%u,\"gets\":%u,\"cancels\":%u,\"lists\":%u,\"urls\":%u,\"files\":%u,",
		stats.creates, stats.gets, stats.cancels, stats.lists, stats.urls, stats.files);
	buf_fmt(b,
		"\"refused_429\":%u,\"early\":%u,\"keyed\":%u,\"second\":%u,\"keyed_second\":%u,",
		stats.refused_429, stats.early, stats.keyed, stats.second, stats.keyed_second);
	buf_fmt(b, "\"jobs\":%zu,\"most_per_source\":%zu}\n", jobs_n, most_per_source());
}

static bool
keyed_well(const struct request *q)
{
	char *auth = head_value(q->head, "Authorization");
	bool good = !settings.key || (auth && strncmp(auth, "Bearer ", 7) == 0 &&
				      strcmp(auth + 7, settings.key) == 0);
	free(auth);
	return good;
}

static bool
over_limit(void)
{
	int64_t now = clock_now();
	if (limit_rate <= 0)
		return false;
	limit_tokens += limit_rate * (double)(now - limit_seen) / 1e6;
	limit_tokens = limit_tokens > limit_burst ? limit_burst : limit_tokens;
	limit_seen = now;
	if (limit_tokens < 1)
		return true;
	limit_tokens -= 1;
	return false;
}

/* Carry out a request when nothing goes wrong; return the status. */
static int
act(const struct request *q, struct buf *body)
{
	bool connect = strncmp(q->path, "/transcodely", 12) == 0;
	if (strcmp(q->op, "create") == 0)
		return create_job(body, q->body, connect);
	if (strcmp(q->op, "get") == 0)
		return get_job(body, q->id);
	if (strcmp(q->op, "cancel") == 0)
		return cancel_job(body, q->id, strcmp(q->method, "DELETE") == 0);
	if (strcmp(q->op, "url") == 0)
		return download_job(body, q->id);
	if (strcmp(q->op, "list") == 0)
		return connect ? list_connect(body, q->body) : list_micro(body, q->path);
	if (strcmp(q->op, "file") == 0 || strcmp(q->op, "head") == 0) {
		buf_str(body, "made");
		return has(q->path, "gone") ? 404 : 200;
	}
	return no_job(body);
}

void
serve(struct conn *c, struct request *q)
{
	struct buf body = {0};
	c->requests++;
	c->busy = true;
	if (strcmp(q->path, "/_stats") == 0) {
		write_stats(&body);
		answer(c, q, 200, buf_all(&body), NULL, body.n);
		buf_free(&body);
		return;
	}
	count(c, q);
	if (++stats.in_flight > stats.most_in_flight)
		stats.most_in_flight = stats.in_flight;
	c->due = clock_now() + settings.latency;
	struct rule *r = NULL;
	int status = 401;
	if (strcmp(q->op, "file") != 0 && strcmp(q->op, "head") != 0 && !keyed_well(q)) {
		buf_str(&body, "{\"message\":\"bad key\",\"code\":\"unauthenticated\"}");
	} else if (over_limit()) {
		status = 429;
		stats.refused_429++;
		buf_str(&body, "{\"message\":\"slow down\"}");
	} else if ((r = rule_for(c, q)) && !rule_commits(r)) {
		buf_str(&body, "{\"id\":\"job_9999\",\"status\":\"pending\"}");
	} else {
		status = act(q, &body);
	}
	if (r)
		spoil(c, q, r, status, &body);
	else
		answer(c, q, status, buf_all(&body), status == 429 ? "Retry-After: 1" : NULL,
		       body.n);
	buf_free(&body);
}

static void
option(const char *name, const char *v)
{
	if (strcmp(name, "--key") == 0)
		settings.key = v;
	else if (strcmp(name, "--polls") == 0)
		default_polls = (unsigned)atoi(v);
	else if (strcmp(name, "--clock") == 0)
		settings.clock_ahead = v;
	else if (strcmp(name, "--latency") == 0)
		settings.latency = atoi(v) * MILLISECOND;
	else if (strcmp(name, "--limit") == 0 &&
		 sscanf(v, "%lf:%lf", &limit_rate, &limit_burst) == 2)
		limit_tokens = limit_burst;
	else if (strcmp(name, "--log") == 0 && (request_log = fopen(v, "w")))
		;
	else if (!rule_option(name, v)) {
		fprintf(stderr, "fakeapi: %s %s: no such option\n", name, v);
		exit(64);
	}
}

static volatile sig_atomic_t ending;

static void
on_signal(int sig)
{
	(void)sig;
	ending = 1;
}

int
main(int argc, char **argv)
{
	struct sigaction sa = {.sa_handler = on_signal};
	for (int i = 1; i < argc; i += 2)
		option(argv[i], i + 1 < argc ? argv[i + 1] : "");
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	limit_seen = clock_now();
	listen_all();
	snprintf(self_url, sizeof self_url, "http://127.0.0.1:%d", port_of(0));
	printf("%s\nhttp://127.0.0.1:%d\n", self_url, port_of(1));
	if (fflush(stdout) != 0)
		return 1;
	while (!ending)
		turn();
	end_all();
	stop_listening(-1);
	rules_free();
	jobs_free();
	if (request_log && fclose(request_log) != 0)
		return 1;
	return 0;
}
