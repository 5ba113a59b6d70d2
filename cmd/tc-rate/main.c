/*
 * tc-rate: keeps one rate for processes on many hosts, in Redis or Valkey.
 * --rate-cmd starts it. It reads lines such as "start" and prints for each the
 * seconds to wait.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/lines.h"
#include "base/msg.h"
#include "base/opt.h"
#include "base/os.h"
#include "base/secret.h"
#include "flow/pace.h"
#include "rate.h"

/* The client gives up after 5 seconds: report why just before. */
#define GIVE_UP (4500 * MILLISECOND)

/* No pause is longer than ten years. */
#define LONGEST (10 * 365 * 86400.0)

static struct {
	double rate, burst;
	bool rate_given, quiet;
	const char *password_file, *cacert;
} o;

static const char *
rate_option(void *to, const char *value)
{
	(void)to;
	o.rate_given = true;
	return pace_parse(value, &o.rate, &o.burst);
}

static const struct opt options[] = {
	{OPT_CALL, 0, "rate", "N[/s|/m|/h][:BURST]",
	 "the shared rate (default: from the tools, or learned)", NULL, 0, 0, rate_option},
	{OPT_STRING, 0, "password-file", "FILE",
	 "read the server's password from FILE (else TC_RATE_PASSWORD)", &o.password_file, 0, 0, 0},
	{OPT_STRING, 0, "cacert", "FILE", "trust the certificates in FILE (rediss://)", &o.cacert,
	 0, 0, 0},
	{OPT_FLAG, 0, "quiet", NULL, "no warnings", &o.quiet, 0, 0, 0},
	{0},
};

static const struct program program = {
	.usage = "[options] [redis://host[:port]/name | rediss://... | unix:path/name]",
	.about = "Keep one rate for processes on many hosts, in Redis or Valkey: what --rate-cmd "
		 "starts.",
	.tables = {options},
};

static void
find_server(struct limiter *l, char **operands)
{
	const char *given = operands[0], *url = given ? given : getenv("TC_RATE_URL");
	if (!url || !*url)
		opt_usage("expected the address of the server, such as redis://host/name, or "
			  "TC_RATE_URL");
	if (given && operands[1])
		opt_usage("expected only one address, got also %s", operands[1]);
	const char *why = address_parse(&l->a, url, !given);
	const char *at = given ? strrchr(given, '@') : NULL;
	if (why && given)
		opt_usage("%s%s: %s", at ? "..." : "", at ? at : given, why);
	if (why)
		msg_die(EXIT_BAD_CONFIG, "TC_RATE_URL: %s", why);
	char *password = secret_load(o.password_file, "TC_RATE_PASSWORD");
	if (password) {
		free(l->a.password);
		l->a.password = password;
	}
	if (l->a.password)
		os_private();
	if (l->a.user && !l->a.password)
		msg_die(EXIT_BAD_CONFIG,
			"no password for %s: set TC_RATE_PASSWORD, or give --password-file FILE",
			l->a.user);
	if (o.cacert && access(o.cacert, R_OK) < 0)
		msg_die(EXIT_BAD_CONFIG, "--cacert %s: %s", o.cacert, strerror(errno));
	l->cacert = o.cacert;
	buf_fmt(&l->key, "tc-rate:%s", l->a.name);
}

static void
tell_limit(struct limiter *l, double rate, double burst, const char *remaining, const char *reset)
{
	struct buf b = {0};
	const char *argv[] = {"limit", "-", "-", remaining, reset};
	buf_fmt(&b, "%.9g", rate);
	buf_ch(&b, '\0');
	size_t at = b.n;
	buf_fmt(&b, "%.9g", burst);
	buf_ch(&b, '\0');
	if (rate > 0)
		argv[1] = b.p;
	if (burst > 0)
		argv[2] = b.p + at;
	limiter_ask(l, 5, argv);
	buf_free(&b);
}

/* The number after NAME= in a line, or -1. */
static double
value_of(const char *line, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = line; (p = strstr(p, name)); p += n)
		if (p > line && p[-1] == ' ' && p[n] == '=' && p[n + 1] >= '0' && p[n + 1] <= '9')
			return strtod(p + n + 1, NULL);
	return -1;
}

static void
heed_limit(struct limiter *l, const char *line)
{
	struct buf left = {0}, reset = {0};
	double remaining = value_of(line, "remaining"), until = value_of(line, "reset"),
	       rate = value_of(line, "rate");
	if (remaining >= 0)
		buf_fmt(&left, "%.0f", remaining);
	if (until >= 0)
		buf_fmt(&reset, "%.0f", (until < LONGEST ? until : LONGEST) * (double)SECOND);
	if (o.rate_given)
		rate = -1; /* the rate of --rate was set at the start */
	tell_limit(l, rate, rate > 0 ? value_of(line, "burst") : -1, left.n ? buf_cstr(&left) : "-",
		   reset.n ? buf_cstr(&reset) : "-");
	buf_free(&left);
	buf_free(&reset);
}

static void
heed_line(struct limiter *l, struct span line)
{
	char *text = mem_dup(line), *end = text;
	const char *start[] = {"start"};
	if (strcmp(text, "start") == 0) {
		limiter_ask(l, 1, start);
	} else if (strncmp(text, "throttled", 9) == 0) {
		struct buf pause = {0};
		double s = strtod(text + 9, &end);
		s = end > text + 9 && s > 0 ? s : 1;
		buf_fmt(&pause, "%.0f", (s < LONGEST ? s : LONGEST) * (double)SECOND);
		limiter_ask(l, 2, (const char *[]){"throttled", buf_cstr(&pause)});
		buf_free(&pause);
	} else if (strncmp(text, "limit ", 6) == 0) {
		heed_limit(l, text);
	} else {
		msg_warn("expected start, throttled SECONDS or limit NAME=VALUE, got \"%.*s\"",
			 (int)(line.n < 80 ? line.n : 80), text);
	}
	free(text);
}

static void
print(struct buf *out)
{
	if (out->n && io_write_all(STDOUT_FILENO, buf_all(out), NULL) < 0)
		msg_die(EXIT_IO, "stdout: %s", strerror(errno));
	out->n = 0;
}

/* Report why no answer came, before the client gives up. */
static int64_t
give_up_at(const struct limiter *l)
{
	int64_t since;
	if (!limiter_waiting(l, &since))
		return NEVER;
	if (clock_now() >= since + GIVE_UP)
		msg_die(EXIT_UNREACHABLE, "%s: the server did not reply in time",
			l->a.path ? l->a.path : l->a.host);
	return since + GIVE_UP;
}

static void
serve(struct limiter *l)
{
	struct lines in;
	struct span line;
	struct buf out = {0};
	char *none[] = {NULL};
	lines_init(&in, none, STDIN_FILENO);
	for (enum lines_result got = LINES_WAIT; got != LINES_END;) {
		while ((got = lines_next(&in, &line)) == LINES_GOT || got == LINES_TOO_LONG)
			heed_line(l, line);
		limiter_move(l, &out);
		print(&out);
		int64_t until = limiter_due(l), give_up = give_up_at(l);
		struct pollfd fds[] = {
			{.fd = STDIN_FILENO, .events = POLLIN},
			{.fd = l->net.fd, .events = (short)(POLLIN | (l->unsent.n ? POLLOUT : 0))}};
		if (got == LINES_END)
			break;
		if (poll(fds, 2, clock_poll_ms(clock_now(), until < give_up ? until : give_up)) <
			    0 &&
		    errno != EINTR)
			msg_die(EXIT_IO, "poll: %s", strerror(errno));
		if (fds[0].revents && lines_fill(&in) < 0)
			msg_die(EXIT_IO, "stdin: %s", strerror(errno));
	}
	lines_free(&in);
	buf_free(&out);
}

int
main(int argc, char **argv)
{
	static struct limiter l;
	msg_init(argv[0]);
	char **operands = argv + opt_parse(&program, argc, argv);
	msg_quiet(o.quiet);
	limiter_init(&l);
	find_server(&l, operands);
	if (msg_closed(STDIN_FILENO) || msg_closed(STDOUT_FILENO))
		msg_die(EXIT_IO, "stdin or stdout is closed: --rate-cmd starts this program");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (o.rate_given)
		tell_limit(&l, o.rate, o.burst >= 1 ? o.burst : -1, "-", "-");
	serve(&l);
	limiter_free(&l);
	return EXIT_OK;
}
