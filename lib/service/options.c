/* The options and the setting up of tools that speak HTTP: profile, key, base URL, pace. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"
#include "service/throttle.h"
#include "base/msg.h"
#include "service/service.h"
#include "base/sig.h"

enum { JOBS_UNPROVEN = 4, NOT_GIVEN = -1, RETRIES = 6 };

#define MAX_THROTTLE (15 * 60 * SECOND)

struct service_options service_options;
#define O service_options

static const struct opt table[] = {
	{OPT_STRING, 'p', "provider", "NAME|FILE", "the service's profile (default ffmpeg-micro)", &O.provider, 0, 0, 0},
	{OPT_STRING, 0, "base-url", "URL", "another address for it", &O.base_url, 0, 0, 0},
	{OPT_STRING, 0, "key-file", "FILE", "read the key from FILE", &O.key_file, 0, 0, 0},
	{OPT_STRING, 0, "cacert", "FILE", "trust the certificates in FILE", &O.cacert, 0, 0, 0},
	{0},
};

static const struct opt jobs[] = {
	{OPT_NUMBER, 'j', "jobs", "N", "requests in flight (default: the profile's)", &O.jobs, 1, 1024, 0},
	{0},
};

static const struct opt more[] = {
	{OPT_STRING, 0, "rate", "N[/s|/m|/h][:BURST]", "requests a second, minute or hour", &O.rate, 0, 0, 0},
	{OPT_STRING, 0, "rate-file", "FILE", "share the rate with all that name FILE", &O.rate_file, 0, 0, 0},
	{OPT_NUMBER, 0, "retries", "N", "tries after the first (default 6; 3 while nothing has answered)", &O.retries, 0, 1000, 0},
	{OPT_DURATION, 0, "max-wait", "DUR", "longest wait a service may ask for (default 15m)", &O.max_wait, 0, 0, 0},
	{OPT_DURATION, 0, "max-throttle", "DUR", "stop when all is refused for longer (default 15m)", &O.max_throttle, 0, 0, 0},
	{OPT_STRING, 'l', "ledger", "FILE", "note what is done in FILE, to go on from there", &O.ledger, 0, 0, 0},
	{OPT_FLAG, 0, "force-ledger", NULL, "go on with a ledger that another command made", &O.force_ledger, 0, 0, 0},
	{OPT_FLAG, 'u', "unordered", NULL, "write lines as they end, not in input order", &O.unordered, 0, 0, 0},
	{OPT_CALL, 0, "progress", "[=auto|always|never]", "progress on stderr (auto: on a terminal)", &O.progress, 0, 0, progress_option},
	{OPT_FLAG, 'v', "verbose", NULL, "say each request on stderr", &O.verbose, 0, 0, 0},
	{OPT_FLAG, 0, "quiet", NULL, "no summary, no warnings", &O.quiet, 0, 0, 0},
	{0},
};

static const char *
env(const char *name)
{
	const char *v = getenv(name);
	return v && *v ? v : NULL;
}

static void
set_defaults(void)
{
	O.provider = env("TC_PROVIDER") ? env("TC_PROVIDER") : "ffmpeg-micro";
	O.base_url = env("TC_BASE_URL");
	O.key_file = env("TC_KEY_FILE");
	O.ledger = env("TC_LEDGER");
	O.retries = O.max_throttle = NOT_GIVEN;
	O.max_wait = 15 * 60 * SECOND;
	O.progress = PROGRESS_AUTO;
}

/* What depends on whether an option was given. */
static void
settle_defaults(void)
{
	O.retries_given = O.retries != NOT_GIVEN;
	if (!O.retries_given)
		O.retries = RETRIES;
	/* whoever lets a service ask for an hour means to wait that hour */
	if (O.max_throttle == NOT_GIVEN)
		O.max_throttle = O.max_wait > MAX_THROTTLE ? O.max_wait : MAX_THROTTLE;
}

static void
version(void)
{
	printf("%s\n", http_version());
}

static void
no_key(const struct profile *p, int status)
{
	if (status)
		msg_die(status, "no key for %s: set %s, or give --key-file FILE", p->name, p->key_env);
	msg_error("no key for %s: set %s, or give --key-file FILE", p->name, p->key_env);
}

static char *
find_key(const struct profile *p, bool optional)
{
	if (p->auth == AUTH_NONE)
		return NULL;
	char *key = secret_load(O.key_file, p->key_env);
	if (!key && !p->key_default && optional)
		return NULL;
	if (!key && !p->key_default)
		no_key(p, EXIT_BAD_CONFIG);
	return key ? key : secret_check(p->key_env, span_of(p->key_default));
}

/* "Name: ${ENV}" with the variable in place; false while it is not set. */
static bool
expand(struct buf *out, const char *line)
{
	while (*line) {
		const char *end = strncmp(line, "${", 2) == 0 ? strchr(line, '}') : NULL;
		if (!end) {
			buf_ch(out, *line++);
			continue;
		}
		char *name = mem_dup((struct span){line + 2, (size_t)(end - line) - 2});
		const char *v = env(name);
		free(name);
		if (!v || strpbrk(v, "\r\n"))
			return false;
		buf_str(out, v);
		line = end + 1;
	}
	return true;
}

static void
add_headers(struct service *s, const char *key)
{
	const struct profile *p = s->profile;
	struct buf b = {0};
	http_add_header(s->http, "User-Agent: tc/" TC_VERSION);
	http_add_header(s->http, "Content-Type: application/json");
	http_add_header(s->http, "Accept: application/json");
	for (size_t i = 0; i < p->headers.n; i++) {
		b.n = 0;
		if (expand(&b, p->headers.v[i]))
			http_add_header(s->http, buf_cstr(&b));
	}
	b.n = 0;
	if (key && p->auth == AUTH_BEARER)
		buf_fmt(&b, "Authorization: Bearer %s", key);
	else if (key && p->auth == AUTH_HEADER)
		buf_fmt(&b, "%s: %s", p->key_name, key);
	if (b.n)
		http_add_header(s->http, buf_cstr(&b));
	buf_free(&b);
}

/* A key goes over TLS, or no farther than this machine. */
static void
check_base_url(struct service *s)
{
	s->base_url = O.base_url ? O.base_url : s->profile->base_url;
	const char *why = http_url_problem(s->base_url);
	if (why && O.base_url)
		opt_usage("--base-url %s: %s", s->base_url, why);
	if (why)
		msg_die(EXIT_BAD_CONFIG, "profile %s: /base_url: %s", s->profile->name, why);
	if (strncmp(s->base_url, "https://", 8) != 0 && s->profile->auth != AUTH_NONE && !http_url_loopback(s->base_url))
		msg_die(EXIT_BAD_CONFIG, "%s: a key is not sent over plain http: use https", s->base_url);
}

static void
connect_with_key(struct service *s, bool optional)
{
	const struct profile *p = s->profile;
	char *key = find_key(p, optional);
	struct buf userpwd = {0};
	struct http_config c = {.cacert = O.cacert, .loopback = http_url_loopback(s->base_url)};
	s->keyless = !key && p->auth != AUTH_NONE;
	if (key && (p->auth == AUTH_BASIC || p->auth == AUTH_SIGV4)) {
		/* a key is "user:password", or a user alone with an empty password */
		buf_fmt(&userpwd, "%s%s", key, strchr(key, ':') ? "" : ":");
		c.userpwd = buf_cstr(&userpwd);
		c.sigv4 = p->auth == AUTH_SIGV4 ? p->sigv4 : NULL;
	}
	if (O.cacert && access(O.cacert, R_OK) < 0)
		msg_die(EXIT_BAD_CONFIG, "--cacert %s: %s", O.cacert, strerror(errno));
	s->http = http_new(&c);
	add_headers(s, key);
	buf_free(&userpwd);
	free(key);
}

static void
set_pace(struct service *s)
{
	double rate = s->profile->rate, burst = s->profile->burst;
	const char *why = O.rate ? pace_parse(O.rate, &rate, &burst) : NULL;
	if (why)
		opt_usage("--rate %s: %s", O.rate, why);
	pace_init(&s->pace);
	s->pace.backoff = 2 * s->profile->backoff;
	s->rate_given = rate > 0;
	if (s->rate_given)
		pace_set_rate(&s->pace, rate, burst);
	if (O.rate_file && (why = pace_share(&s->pace, O.rate_file, clock_now())))
		msg_die(EXIT_BAD_CONFIG, "--rate-file %s: %s", O.rate_file, why);
}

/* What the name of a list of lines ends in. No video's does. */
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

/* Where the lines come from may not be what was meant. */
static void
check_input(char **operands)
{
	for (char **o = operands; *o; o++)
		if (names_a_list(*o))
			msg_warn("%s is taken for a line itself; to read the lines in it: %s < %s", *o, msg_name(), *o);
	if (!*operands && isatty(STDIN_FILENO))
		msg_warn("reading lines from the terminal: Ctrl-D ends them, Ctrl-C stops");
}

void
service_start(struct service *s, const struct service_tool *t, int argc, char **argv)
{
	const struct program program = {t->usage, t->about, {t->options, table, t->jobs ? more : jobs, t->jobs ? NULL : more},
					version, false};
	msg_init(argv[0]);
	set_defaults();
	char **operands = argv + opt_parse(&program, argc, argv);
	settle_defaults();
	bool dry = t->dry && *t->dry;
	msg_quiet(O.quiet);
	msg_verbose(O.verbose);
	s->profile = profile_load(O.provider);
	check_base_url(s);
	set_pace(s);
	if (!dry)
		connect_with_key(s, t->keyless);
	s->jobs = O.jobs ? O.jobs : t->jobs ? t->jobs : s->profile->jobs;
	s->deadline = NEVER;
	s->retry_factor = 1;
	check_input(operands);
	sig_init();
	s->answer = t->answer;
	flow_init(&s->flow, t->ops, s, operands);
	s->flow.out.unordered = O.unordered;
	s->flow.text = true;
	/* one command of a pool's: its item has a line */
	s->flow.must_read = env("TC_IDEMPOTENCY_KEY") != NULL;
	/* bounded: what waits for a slot is read when there is one */
	s->flow.window = 64 + 4 * (size_t)s->jobs;
	s->flow.pace = dry ? NULL : &s->pace;
	s->flow.held = limits_held;
	/* a refused key is found out with a few requests, not with all slots at once */
	s->flow.jobs = s->jobs < JOBS_UNPROVEN ? (size_t)s->jobs : JOBS_UNPROVEN;
	progress_init(&s->flow.progress, O.quiet ? PROGRESS_NEVER : O.progress);
}

void
service_ledger(struct service *s, const char *run)
{
	struct ledger_open o = {.path = O.ledger, .tool = msg_name(), .force = O.force_ledger};
	if (!O.ledger)
		return;
	o.run = O.ledger == env("TC_LEDGER") ? NULL : run;
	s->ledger = ledger_open(&o);
}

void
service_commit(struct flow *f)
{
	struct service *s = f->tool;
	if (s->ledger)
		ledger_commit(s->ledger);
}

bool
service_need_key(struct service *s)
{
	if (!s->keyless)
		return true;
	if (!s->refusal_reported)
		no_key(s->profile, 0);
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
}
