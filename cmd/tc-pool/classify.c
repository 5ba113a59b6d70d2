#include "classify.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/space.h"
#include "json/json.h"

/* The messages of curl -f, and of programs that print the status line. */
static const char THROTTLED[] = "error: 429|429 Too Many Requests";

/*
 * The messages of Slurm's srun and slurmstepd when a command did not run, or
 * was ended, through no fault of its own (22.05 and 24.11). Before 23.02 srun
 * exits 0 when its node dies, and all exit 0 when a working directory is
 * missing there.
 */
static const char UNAVAILABLE[] =
	"srun: error: Node failure on"
	"|srun: error: Unable to (allocate resources|contact slurm controller|confirm "
	"allocation|create step)"
	"|srun: error: (Aborting,|Timed out waiting)"
	"|slurmstepd[^:]*: error: couldn.t chdir"
	"|slurmstepd[^:]*: error: \\*\\*\\* (STEP|JOB) .* CANCELLED AT [-0-9T:]*"
	"( DUE TO (PREEMPTION|NODE FAILURE|JOB REQUEUE).*)? \\*\\*\\*";

enum { EXIT_TEMPFAIL = 75, EXIT_NOPERM = 77, EXIT_CONFIG = 78 }; /* sysexits */

/* Read "N" or "N-M", up to the comma or the end. */
static bool
read_range(const char *p, size_t n, struct status_list *list)
{
	char *end;
	if (*p < '0' || *p > '9')
		return false;
	long from = strtol(p, &end, 10), to = from;
	if (*end == '-' && end[1] >= '0' && end[1] <= '9')
		to = strtol(end + 1, &end, 10);
	if (end != p + n || from > to || to > 255)
		return false;
	for (; from <= to; from++)
		list->on[from] = true;
	return true;
}

const char *
status_list_option(void *to, const char *value)
{
	struct status_list *list = to;
	for (const char *p = value;; p++) {
		size_t n = strcspn(p, ",");
		if (n == 7 && strncmp(p, "timeout", n) == 0)
			list->timeout = true;
		else if (n == 6 && strncmp(p, "signal", n) == 0)
			list->signal = true;
		else if (!read_range(p, n, list) || list->on[0])
			return "expected a list such as 75,100-105,timeout,signal (statuses from 1 "
			       "to 255)";
		p += n;
		if (!*p)
			return NULL;
	}
}

void
classify_free(struct classify_rules *r)
{
	pattern_free(&r->throttle_match);
	pattern_free(&r->retry_match);
}

/* Return true for a code of tc-record(5): an error with another code is not ours. */
static bool
known_code(struct span code)
{
	static const char *const codes[] = {
		"invalid_input", "rejected",      "unauthorized", "quota",        "throttled",
		"unavailable",   "timeout",       "in_doubt",     "bad_response", "job_failed",
		"job_canceled",  "job_partial",   "job_blocked",  "exit",         "signal",
		"interrupted",   "not_attempted", "exists",
	};
	char *text = json_text(code);
	bool known = false;
	for (size_t i = 0; text && i < sizeof codes / sizeof *codes && !known; i++)
		known = strcmp(text, codes[i]) == 0;
	free(text);
	return known;
}

void
child_output_parse(struct child_output *a, struct span output)
{
	struct span v;
	*a = (struct child_output){.text = output};
	if (a->text.n && a->text.p[a->text.n - 1] == '\n')
		a->text.n--;
	if (!output.n || json_check_loose(output, NULL))
		return;
	a->json = span_trim(output);
	if (json_get(a->json, "ok", &v) != 1 || json_type(v) != JSON_FALSE)
		return;
	a->refused = true;
	struct span code, message;
	if (json_get(a->json, "error", &v) == 1 && json_get(v, "code", &code) == 1 &&
	    known_code(code) && json_get(v, "message", &message) == 1 &&
	    json_type(message) == JSON_STRING)
		a->error = span_trim(v);
}

static bool
stderr_matches(struct pattern *p, const char *fallback, struct span errors)
{
	if (!p->ere)
		pattern_compile(p, fallback);
	return pattern_matches(p, errors);
}

static bool
error_says(const struct child_output *a, const char *name, const char *json)
{
	struct span v;
	return a->error.n && json_get(a->error, name, &v) == 1 && span_is(span_trim(v), json);
}

bool
classify_code(const struct child_output *a, const char *code)
{
	char *text = a->error.n ? json_text_of(a->error, "code") : NULL;
	bool same = text && strcmp(text, code) == 0;
	free(text);
	return same;
}

bool
classify_time_limit(struct span errors)
{
	char *text = mem_dup(errors);
	bool found = strstr(text, "DUE TO TIME LIMIT ***") != NULL;
	free(text);
	return found;
}

int
classify_outside(const struct child_exit *e)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGTERM};
	if (e->alive || e->ours || e->time_limit)
		return 0;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (e->exited ? e->status == 128 + signals[i] : e->signal == signals[i])
			return signals[i];
	return 0;
}

/* Return true if the key or the plan was refused. */
static bool
refused(const struct child_exit *e)
{
	if (!e->alive && e->exited && (e->status == EXIT_NOPERM || e->status == EXIT_CONFIG))
		return true;
	return classify_code(&e->answer, "unauthorized") || classify_code(&e->answer, "quota");
}

static bool
listed(const struct status_list *list, const struct child_exit *e)
{
	return !e->alive && (e->exited ? list->on[e->status & 255] : list->signal);
}

static bool
is_throttled(struct classify_rules *r, const struct child_exit *e)
{
	return listed(&r->throttle, e) || classify_code(&e->answer, "throttled") ||
	       stderr_matches(&r->throttle_match, THROTTLED, e->errors);
}

enum exit_class
classify_exit(struct classify_rules *r, const struct child_exit *e)
{
	bool went_well = (e->alive || (e->exited && e->status == 0)) && !e->timed_out;
	bool failed = !went_well || e->answer.refused;
	if (e->timed_out)
		return r->throttle.timeout ? CLASS_THROTTLED
		       : r->retry.timeout  ? CLASS_TEMPORARY
					   : CLASS_PERMANENT;
	if (failed && is_throttled(r, e))
		return CLASS_THROTTLED;
	/* status 0 means nothing if the command was not run to its end; the answer of a running
	 * copy does */
	if (!e->alive && stderr_matches(&r->retry_match, UNAVAILABLE, e->errors))
		return CLASS_UNAVAILABLE;
	if (!failed)
		return CLASS_OK;
	if (classify_outside(e))
		return CLASS_INTERRUPTED;
	if (listed(&r->retry, e))
		return CLASS_TEMPORARY;
	if (refused(e))
		return CLASS_REFUSED;
	if ((e->exited && e->status == EXIT_TEMPFAIL) ||
	    error_says(&e->answer, "temporary", "true"))
		return CLASS_TEMPORARY;
	return CLASS_PERMANENT;
}

int64_t
classify_retry_after(const struct child_output *a)
{
	const double most = 10 * 365 * 86400.0;
	struct span v;
	double s;
	if (!a->error.n || json_get(a->error, "retry_after", &v) != 1 || !json_number(v, &s) ||
	    !(s >= 0))
		return -1;
	return (int64_t)((s < most ? s : most) * (double)SECOND);
}

const char *
signal_name(int sig)
{
	static const struct {
		int sig;
		const char *name;
	} names[] = {{SIGHUP, "HUP"},   {SIGINT, "INT"},   {SIGQUIT, "QUIT"}, {SIGILL, "ILL"},
		     {SIGTRAP, "TRAP"}, {SIGABRT, "ABRT"}, {SIGBUS, "BUS"},   {SIGFPE, "FPE"},
		     {SIGKILL, "KILL"}, {SIGUSR1, "USR1"}, {SIGSEGV, "SEGV"}, {SIGUSR2, "USR2"},
		     {SIGPIPE, "PIPE"}, {SIGALRM, "ALRM"}, {SIGTERM, "TERM"}, {SIGXCPU, "XCPU"},
		     {SIGXFSZ, "XFSZ"}, {SIGSYS, "SYS"},   {SIGTTIN, "TTIN"}, {SIGTTOU, "TTOU"}};
	static char other[16];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].sig == sig)
			return names[i].name;
	snprintf(other, sizeof other, "%d", sig);
	return other;
}
