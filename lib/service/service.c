#include "service/service.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/sig.h"
#include "service/apikey.h"
#include "service/connect.h"
#include "service/response.h"
#include "service/throttle.h"

enum { JOBS_UNPROVEN = 4, FDS_MAX = 8 };

/* The flow's items are the service's: each begins with a struct service_item. */
static struct service_item *
item_of(struct item *it)
{
	return (struct service_item *)(void *)it;
}

static void
admit(struct flow *f, struct item *it)
{
	struct service *s = f->tool;
	s->tool->admit(s, item_of(it));
}

static void
pass_over(struct flow *f, struct item *it)
{
	struct service *s = f->tool;
	if (s->tool->pass_over)
		s->tool->pass_over(s, item_of(it));
}

static bool
ready(struct flow *f, struct item *it)
{
	struct service *s = f->tool;
	if (s->tool->ready && !s->tool->ready(s, item_of(it)))
		return false;
	if (s->tool->polls || it->due >= s->queue_until || clock_now() >= s->queue_until)
		return true;
	flow_schedule(f, it, s->queue_until);
	return false;
}

static void
prepare(struct flow *f, struct item *it)
{
	struct service *s = f->tool;
	if (s->tool->prepare)
		s->tool->prepare(s, item_of(it));
}

static void
start(struct flow *f, struct item *it)
{
	struct service *s = f->tool;
	s->tool->start(s, item_of(it));
}

static void
abandon(struct flow *f, struct item *it, bool interrupted)
{
	struct service *s = f->tool;
	s->tool->abandon(s, item_of(it), interrupted);
}

static void
commit(struct flow *f)
{
	struct service *s = f->tool;
	if (s->ledger)
		ledger_commit(s->ledger);
}

/* Sleep, then deliver the results that have come. */
static void
wait_for_responses(struct service *s, struct pollfd *fds, nfds_t n, int64_t until)
{
	struct http_response *r;
	void *pending;
	if (!s->http) { /* a dry run */
		poll(fds, n, clock_poll_ms(clock_now(), until));
		return;
	}
	http_wait(s->http, fds, n, until);
	while ((r = http_next(s->http, &pending))) {
		response_handle(s, pending, r);
		free(pending);
	}
}

static void
wait_for_events(struct flow *f, struct pollfd *fds, nfds_t n, int64_t until)
{
	struct service *s = f->tool;
	if (s->tool->extra_fd) {
		struct pollfd all[FDS_MAX];
		int fd = s->tool->extra_fd(s, &until);
		memcpy(all, fds, n * sizeof *fds);
		all[n] = (struct pollfd){.fd = fd, .events = POLLIN};
		wait_for_responses(s, all, n + 1, until);
		memcpy(fds, all, n * sizeof *fds);
	} else {
		wait_for_responses(s, fds, n, until);
	}
	if (s->tool->woke)
		s->tool->woke(s);
}

static void
stop(struct flow *f, int times)
{
	struct service *s = f->tool;
	if (times > 1 && s->http)
		http_abort(s->http);
}

static void
release(struct flow *f, struct item *it)
{
	struct service *s = f->tool;
	if (s->tool->release)
		s->tool->release(item_of(it));
}

static void
conclude(struct flow *f)
{
	struct service *s = f->tool;
	if (s->tool->conclude)
		s->tool->conclude(s);
}

/* Return the flow's operations, which forward to the tool. */
static struct flow_ops
ops_for(const struct service_tool *t)
{
	return (struct flow_ops){.item_size = t->item_size,
				 .admit = admit,
				 .pass_over = pass_over,
				 .ready = ready,
				 .prepare = prepare,
				 .start = start,
				 .abandon = abandon,
				 .commit = commit,
				 .wait = wait_for_events,
				 .stop = stop,
				 .finish = conclude,
				 .release = release};
}

/* Return whether s is an existing file with the name of a list of lines. No video's name ends so.
 */
static bool
names_a_list(const char *s)
{
	static const char *const ends[] = {".txt", ".jsonl", ".ndjson", ".json", ".csv", ".list"};
	size_t n = strlen(s);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (n > strlen(ends[i]) && strcmp(s + n - strlen(ends[i]), ends[i]) == 0)
			return access(s, F_OK) == 0;
	return false;
}

/* Warn about likely mistakes: a list file as operand, or a terminal as stdin. */
static void
check_input(char **operands)
{
	for (char **o = operands; *o; o++)
		if (names_a_list(*o))
			msg_warn("%s is being used as a line itself; to read the lines in it: %s < "
				 "%s",
				 *o, msg_name(), *o);
	if (!*operands && isatty(STDIN_FILENO))
		msg_warn("reading lines from the terminal: Ctrl-D ends them, Ctrl-C stops");
}

static void
start_flow(struct service *s, char **operands, bool dry)
{
	struct flow *f = &s->flow;
	flow_init(f, &s->ops, s, operands);
	f->out.unordered = s->options.unordered;
	f->shard = s->options.shard;
	f->text = true;
	/* inside a pool, the pool's item is our one line */
	f->must_read = service_env("TC_IDEMPOTENCY_KEY") != NULL;
	/* bounded: more lines are read when a slot is free */
	f->window = 64 + 4 * (size_t)s->jobs;
	f->pace = dry ? NULL : &s->pace;
	f->held = throttle_held;
	/* a refused secret is found with a few requests, not with one in each slot */
	f->jobs = s->jobs < JOBS_UNPROVEN ? (size_t)s->jobs : JOBS_UNPROVEN;
	progress_init(&f->progress,
		      s->options.quiet || s->tool->no_input ? PROGRESS_NEVER : s->options.progress);
}

/*
 * Return whether nothing shows that runs like this one begin together: it is no
 * shard, not in a pool, and no part of the lines that xargs(1) has handed out.
 */
static bool
is_alone(const struct service *s, char **operands)
{
	return !s->options.shard.n && !service_env("TC_IDEMPOTENCY_KEY") && !*operands;
}

void
service_start(struct service *s, const struct service_tool *t, int argc, char **argv)
{
	static char nothing[] = "";
	static char *one_item[] = {nothing, NULL};
	const struct service_options *o = &s->options;
	msg_init(argv[0]);
	s->tool = t;
	s->ops = ops_for(t);
	char **operands = argv + service_options_parse(&s->options, t, argc, argv);
	if (t->no_input && *operands)
		opt_usage("unexpected operand: %s", *operands);
	if (t->no_input)
		operands = one_item;
	bool dry = t->dry && *t->dry;
	msg_quiet(o->quiet);
	msg_verbose(o->verbose);
	s->profile = profile_load(o->provider);
	connect_base_url(s, dry);
	connect_pace(s, is_alone(s, operands));
	if (!dry)
		connect_http(s, t->secret_optional);
	s->jobs = o->jobs ? o->jobs : t->jobs ? t->jobs : s->profile->jobs;
	s->deadline = NEVER;
	s->retry_factor = 1;
	s->output_wait = s->profile->url_settle;
	check_input(operands);
	sig_init();
	if (!dry)
		connect_rate_command(s);
	start_flow(s, operands, dry);
}

void
service_ledger(struct service *s, const char *run, const char *about)
{
	const char *path = s->options.ledger;
	struct ledger_open o = {.path = path, .tool = msg_name(), .force = s->options.force_ledger};
	struct buf sharded = {0};
	if (!path)
		return;
	if (run && path != service_env("TC_LEDGER")) {
		buf_str(&sharded, run);
		shard_add_to_run(&s->options.shard, &sharded);
		o.run = buf_cstr(&sharded);
		o.about = about;
	}
	s->ledger = ledger_open(&o);
	buf_free(&sharded);
	if (!ledger_empty(s->ledger))
		flow_resumed(&s->flow);
}

bool
service_need_secret(struct service *s)
{
	if (!s->no_secret)
		return true;
	if (!s->refusal_reported)
		apikey_missing(s->profile);
	s->refusal_reported = true;
	flow_stop(&s->flow, EXIT_BAD_CONFIG);
	return false;
}

int
service_run(struct service *s)
{
	return flow_run(&s->flow);
}

void
service_free(struct service *s)
{
	flow_free(&s->flow);
	http_free(s->http);
	ledger_close(s->ledger);
	pace_free(&s->pace);
	strings_free(&s->warned_statuses);
	profile_free(s->profile);
	apikey_free(s);
	free(s->base_url);
	free(s->own_url);
}

void
service_report_error(struct service *s, const struct item *it, const char *id,
		     const struct failure *e)
{
	if (s->refusal_reported && (s->flow.stopping || e->temporary))
		return;
	/* the user knows what a signal stopped; the summary counts it */
	if (s->flow.signal &&
	    (strcmp(e->code, "interrupted") == 0 || strcmp(e->code, "not_attempted") == 0))
		return;
	if (s->tool->no_input)
		msg_error("%.*s", (int)e->message.n, e->message.p);
	else
		item_report(&s->flow, it, buf_all(&e->message), id);
}

void
service_not_started(const struct service *s, const struct service_item *it, bool interrupted,
		    const char *undone, struct failure *e)
{
	if (it->failures)
		failure_set(e, interrupted ? "interrupted" : "unavailable", true,
			    "gave up before the next retry; %s", undone);
	else
		failure_set(e, "not_attempted", s->flow.status != EXIT_REFUSED,
			    "stopped before its turn: %s", undone);
}
