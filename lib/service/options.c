#include "service/options.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/opt.h"
#include "http/http.h"
#include "service/service.h"

enum { NOT_GIVEN = -1, RETRIES = 6 };

#define MAX_WAIT (15 * 60 * SECOND)

const char *
service_env(const char *name)
{
	const char *v = getenv(name);
	return v && *v ? v : NULL;
}

static void
set_defaults(struct service_options *o)
{
	const char *provider = service_env("TC_PROVIDER");
	*o = (struct service_options){
		.provider = provider ? provider : "ffmpeg-micro",
		.base_url = service_env("TC_BASE_URL"),
		.key_file = service_env("TC_KEY_FILE"),
		.ledger = service_env("TC_LEDGER"),
		.retries = NOT_GIVEN,
		.max_throttle = NOT_GIVEN,
		.max_wait = MAX_WAIT,
		.progress = PROGRESS_AUTO,
	};
}

/* Set the defaults that depend on whether an option was given. */
static void
settle_defaults(struct service_options *o)
{
	o->retries_given = o->retries != NOT_GIVEN;
	if (!o->retries_given)
		o->retries = RETRIES;
	/* a user who lets a service ask for an hour is willing to wait an hour */
	if (o->max_throttle == NOT_GIVEN)
		o->max_throttle = o->max_wait > MAX_WAIT ? o->max_wait : MAX_WAIT;
}

static void
version(void)
{
	printf("%s\n", http_version());
}

int
service_options_parse(struct service_options *o, const struct service_tool *t, int argc,
		      char **argv)
{
	const char *jobs =
		t->jobs_help ? t->jobs_help : "requests in flight (default: the profile's)";
	const struct opt common[] = {
		{OPT_STRING, 'p', "provider", "NAME|FILE",
		 "the service's profile (default ffmpeg-micro)", &o->provider, 0, 0, 0},
		{OPT_STRING, 0, "base-url", "URL", "use another base URL", &o->base_url, 0, 0, 0},
		{OPT_STRING, 0, "key-file", "FILE", "read the key from FILE", &o->key_file, 0, 0,
		 0},
		{OPT_STRING, 0, "cacert", "FILE", "trust the certificates in FILE", &o->cacert, 0,
		 0, 0},
		{OPT_NUMBER, 'j', "jobs", "N", jobs, &o->jobs, 1, 1024, 0},
		{OPT_STRING, 0, "rate", "N[/s|/m|/h][:BURST]", "requests a second, minute or hour",
		 &o->rate, 0, 0, 0},
		{OPT_STRING, 0, "rate-file", "FILE", "share the rate with all that name FILE",
		 &o->rate_file, 0, 0, 0},
		{OPT_STRING, 0, "rate-cmd", "CMD",
		 "let CMD keep the rate, for many hosts: tc-rate(1)", &o->rate_cmd, 0, 0, 0},
		{OPT_NUMBER, 0, "retries", "N",
		 "tries after the first (default 6; 3 until the service responds)", &o->retries, 0,
		 1000, 0},
		{OPT_DURATION, 0, "max-wait", "DUR",
		 "longest wait a service may ask for (default 15m)", &o->max_wait, 0, 0, 0},
		{OPT_DURATION, 0, "max-throttle", "DUR",
		 "stop when everything is throttled for longer (default 15m)", &o->max_throttle, 0,
		 0, 0},
		{OPT_STRING, 'l', "ledger", "FILE",
		 "record progress in FILE so that a rerun can resume", &o->ledger, 0, 0, 0},
		{OPT_FLAG, 0, "force-ledger", NULL, "use a ledger that another command made",
		 &o->force_ledger, 0, 0, 0},
		{OPT_CALL, 0, "shard", "K/N",
		 "process every N-th line, from the K-th; other runs process the others", &o->shard,
		 0, 0, shard_option},
		{OPT_FLAG, 'u', "unordered", NULL, "write lines as items end, not in input order",
		 &o->unordered, 0, 0, 0},
		{OPT_CALL, 0, "progress", "[=auto|always|never]",
		 "progress on stderr (auto: on a terminal)", &o->progress, 0, 0, progress_option},
		{OPT_FLAG, 'v', "verbose", NULL, "log each request to stderr", &o->verbose, 0, 0,
		 0},
		{OPT_FLAG, 0, "quiet", NULL, "no summary, no warnings", &o->quiet, 0, 0, 0},
		{0},
	};
	const struct opt *own = t->options ? t->options : common;
	const struct program program = {
		t->usage, t->about, {own, t->options ? common : NULL}, version, false};
	set_defaults(o);
	int first = opt_parse(&program, argc, argv);
	settle_defaults(o);
	return first;
}
