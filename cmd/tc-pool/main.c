/*
 * tc-pool: run a command once for each line, at most N at a time, and print
 * one result per line in input order. Each input line gets exactly one result.
 */
#define _XOPEN_SOURCE 700 /* realpath */
#include "pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/findpath.h"
#include "base/msg.h"
#include "base/opt.h"
#include "base/sig.h"
#include "proc/watchdog.h"

enum { WINDOW = 1000 };

struct rate {
	double rate, burst;
};

static const char *
rate_option(void *to, const char *value)
{
	struct rate *r = to;
	return pace_parse(value, &r->rate, &r->burst);
}

static struct pool pool = {.options = {.retries = 5, .max_throttle = 15 * 60 * SECOND}};

/* Values of options that are not in struct pool. */
static struct {
	struct rate rate;
	struct resume_options book;
	enum progress_when progress;
	const char *rate_file, *rate_cmd;
} given = {.progress = PROGRESS_AUTO};

static const struct opt options[] = {
	{OPT_CALL, 'j', "jobs", "N|auto[:MIN..MAX]",
	 "run at most N at a time (2; under make: its tokens)", .to = &pool.limit,
	 .call = concurrency_option},
	{OPT_FLAG, '0', "null", .help = "items end in NUL, not in a line end, and are never JSON",
	 .to = &pool.options.null},
	{OPT_FLAG, 'R', "raw", .help = "print what the command prints, not records",
	 .to = &pool.options.raw},
	{OPT_FLAG, 'u', "unordered", .help = "print results as they come",
	 .to = &pool.options.unordered},
	{OPT_FLAG, 'n', "dry-run", .help = "print what would be run, run nothing",
	 .to = &pool.options.dry_run},
	{OPT_FLAG, 'c', "coprocess",
	 .help = "keep copies of a line filter running, feed them lines",
	 .to = &pool.options.copies},
	{OPT_FLAG, 0, "no-placeholders", .help = "leave braces in the command as they are",
	 .to = &given.book.no_placeholders},
	{OPT_DURATION, 0, "timeout", "DUR", "end an attempt that runs longer",
	 .to = &pool.options.timeout},
	{OPT_NUMBER, 0, "retries", "N", "retries after temporary failures (5)",
	 .to = &pool.options.retries, .hi = 1000},
	{OPT_CALL, 0, "retry-on", "LIST",
	 "temporary: exit statuses, timeout, signal (75 always is)", .to = &pool.rules.retry,
	 .call = status_list_option},
	{OPT_CALL, 0, "retry-match", "ERE",
	 "and this on stderr, whatever the status (messages of Slurm's srun)",
	 .to = &pool.rules.retry_match, .call = pattern_option},
	{OPT_CALL, 0, "throttle-on", "LIST",
	 "exit statuses that mean \"rate limited\": the whole pool waits",
	 .to = &pool.rules.throttle, .call = status_list_option},
	{OPT_CALL, 0, "throttle-match", "ERE",
	 "and this on stderr (error: 429|429 Too Many Requests)", .to = &pool.rules.throttle_match,
	 .call = pattern_option},
	{OPT_DURATION, 0, "max-throttle", "DUR", "stop when throttled for longer (15m)",
	 .to = &pool.options.max_throttle},
	{OPT_CALL, 0, "rate", "N[/s|/m|/h][:BURST]", "start at most this many", .to = &given.rate,
	 .call = rate_option},
	{OPT_STRING, 0, "rate-file", "FILE", "share the rate with all processes that name FILE",
	 .to = &given.rate_file},
	{OPT_STRING, 0, "rate-cmd", "CMD", "let CMD keep the rate, for many hosts: tc-rate(1)",
	 .to = &given.rate_cmd},
	{OPT_STRING, 'l', "ledger", "FILE", "record progress in FILE so that a rerun can resume",
	 .to = &given.book.path},
	{OPT_FLAG, 0, "again", .help = "with -l: run permanent failures again",
	 .to = &given.book.again},
	{OPT_FLAG, 0, "force-ledger", .help = "use a ledger that another command made",
	 .to = &given.book.force},
	{OPT_CALL, 0, "shard", "K/N",
	 "process every N-th line, from the K-th; other runs process the others",
	 .to = &given.book.shard, .call = shard_option},
	{OPT_CALL, 0, "halt", "POLICY", "never, soon,fail=N[%] or now,fail=N[%]", .to = &pool.halt,
	 .call = halt_option},
	{OPT_NUMBER, 0, "window", "N", "read at most N lines past the oldest result not printed",
	 .to = &pool.options.window, .hi = 1 << 30},
	{OPT_CALL, 0, "progress", "[=auto|always|never]", "show progress (auto: on a terminal)",
	 .to = &given.progress, .call = progress_option},
	{OPT_FLAG, 'v', "verbose", .help = "pass on what commands write to stderr, line by line",
	 .to = &pool.options.verbose},
	{OPT_FLAG, 0, "quiet", .help = "no summary, no warnings", .to = &pool.options.quiet},
	{0},
};

/* Suggest sh -c for "echo {}" in quotes: it is one word, and no program has that name. */
static void
refuse_quoted_command(char **argv)
{
	size_t first = strcspn(argv[0], " ");
	if (!argv[0][first] || argv[1] || memchr(argv[0], '/', first) || !strchr(argv[0], '{'))
		return;
	opt_usage("%s: one word, not a command: remove the quotes, or write sh -c '...' _ "
		  "{} (in it, $1 is the line)",
		  argv[0]);
}

/* Parse the command, and find it before any line is read. */
static void
take_command(struct pool *p, char **argv, bool literal)
{
	if (!*argv)
		opt_usage("expected a command");
	command_parse(&p->command, argv, literal);
	if (p->options.copies && p->command.fills)
		opt_usage("-c: a placeholder means one line, and a copy takes many "
			  "(--no-placeholders leaves braces alone)");
	if (p->options.copies && p->options.dry_run)
		opt_usage("-c and -n exclude each other");
	refuse_quoted_command(argv);
	if (p->command.named)
		return;
	p->path = find_command(argv[0]);
	if (!p->path)
		msg_die(EXIT_BAD_USAGE, "%s: %s%s", argv[0],
			errno == ENOENT ? "command not found" : strerror(errno),
			errno == EACCES ? ": a directory, or not executable (chmod +x)"
			: strpbrk(argv[0], " |;<>&$")
				? ": no shell reads it, unless you write sh -c '...'"
				: "");
}

static void
take_rate(struct pool *p, const struct rate *r, const char *file, const char *command)
{
	if (file && command)
		opt_usage("--rate-file and --rate-cmd both keep the rate: leave one out");
	pace_init(&p->pace);
	if (r->rate > 0)
		pace_set_rate(&p->pace, r->rate, r->burst);
	const char *why = file ? pace_share(&p->pace, file, clock_now()) : NULL;
	if (why)
		msg_die(EXIT_BAD_CONFIG, "%s: %s", file, why);
}

/* Call after sig_init(): what it starts must not get our signals, nor ignore what we ignore. */
static void
start_rate_command(struct pool *p, const char *command)
{
	const char *why = command && !p->options.dry_run ? pace_command(&p->pace, command) : NULL;
	if (why)
		msg_die(EXIT_BAD_USAGE, "--rate-cmd %s: %s", command, why);
}

/* Handle make -n, which also runs recipe lines that begin with '+'; the tools then must not act. */
static void
heed_make(struct pool *p)
{
	if (p->options.dry_run || !jobserver_dry(getenv("MAKEFLAGS")))
		return;
	msg_warn("make was called with -n, -q or -t: nothing is run");
	p->options.dry_run = true;
	p->options.copies = false;
}

/* Under make and without -j, run as many as make has tokens for. */
static void
take_tokens(struct pool *p)
{
	p->tokens = (struct jobserver){.in = -1, .out = -1};
	if (p->limit.given || p->options.dry_run)
		return;
	switch (jobserver_open(&p->tokens, getenv("MAKEFLAGS"))) {
	case JOBSERVER_NONE:
		concurrency_option(&p->limit, "2");
		break;
	case JOBSERVER_OPEN:
		concurrency_option(&p->limit, "4096");
		break;
	case JOBSERVER_CLOSED:
		msg_warn("make's jobserver is not passed on: one at a time (put + before the "
			 "recipe line, or give -j)");
		concurrency_option(&p->limit, "1");
		break;
	}
}

/* Set up the environment of children. They may be in other directories: pass the absolute path. */
static void
tell_children(struct pool *p, const char *ledger)
{
	char *whole = ledger ? realpath(ledger, NULL) : NULL;
	if (ledger && !whole)
		msg_die(EXIT_IO, "ledger %s: %s", ledger, strerror(errno));
	env_init(&p->env, whole);
	free(whole);
}

static void
set_up(struct pool *p, enum progress_when progress, const char *ledger)
{
	struct flow *f = &p->flow;
	flow_init(f, &pool_ops, p, NULL);
	f->in.delimiter = p->options.null ? '\0' : '\n';
	f->out.unordered = p->options.unordered;
	f->out.bare = p->options.raw;
	f->pace = &p->pace;
	f->held = pool_held;
	f->ahead = p->options.unordered ? 0 : (size_t)p->options.window;
	f->window = p->options.unordered && p->options.window ? (size_t)p->options.window : WINDOW;
	if (f->window < 2 * p->limit.max)
		f->window = 2 * p->limit.max;
	if (p->book.ledger && !ledger_empty(p->book.ledger) && !p->options.unordered)
		flow_resumed(f);
	if (p->halt.percent)
		f->window = f->ahead = 0; /* a percentage needs the number of all lines */
	progress_init(&f->progress, progress);
	if (p->options.dry_run)
		return;
	watchdog_start(p->tokens.out);
	pool_children(p);
	tell_children(p, ledger);
}

static void
tear_down(struct pool *p)
{
	jobserver_close(&p->tokens);
	watchdog_stop();
	flow_free(&p->flow);
	resume_close(&p->book);
	if (!p->options.dry_run) {
		children_free(&p->children);
		env_free(&p->env);
	}
	pace_free(&p->pace);
	classify_free(&p->rules);
	seen_free(&p->lines);
	command_free(&p->command);
	argv_buf_free(&p->filled);
	buf_free(&p->scratch);
	free(p->copies.idle);
	free(p->path);
}

int
main(int argc, char **argv)
{
	struct pool *p = &pool;
	const struct program prog = {
		.usage = "[options] [--] command [argument ...]",
		.about = "Run a command once for each line of stdin: {} is the line, {.name} a "
			 "member of a JSON line.",
		.tables = {options},
		.command = true,
	};
	msg_init(argv[0]);
	char **command = argv + opt_parse(&prog, argc, argv);
	msg_quiet(p->options.quiet);
	msg_verbose(p->options.verbose);
	take_command(p, command, given.book.no_placeholders);
	heed_make(p);
	take_rate(p, &given.rate, given.rate_file, given.rate_cmd);
	take_tokens(p); /* before sig_init(), whose pipe could get make's descriptor numbers */
	if (given.book.again && !given.book.path)
		opt_usage("--again requires a ledger (-l FILE), which records what failed");
	if (given.book.path && p->options.raw)
		opt_usage("-R and -l exclude each other: -R prints no records, and a ledger holds "
			  "records");
	/* SIGUSR2 and SIGURG can come at any time, while the ledger is waited for too */
	sig_init();
	sig_children();
	start_rate_command(p, given.rate_cmd);
	resume_open(&p->book, &given.book, command);
	set_up(p, given.progress, given.book.path);
	p->flow.shard = given.book.shard;
	int status = flow_run(&p->flow);
	if (p->options.dry_run)
		resume_report(&p->book);
	tear_down(p);
	return status;
}
