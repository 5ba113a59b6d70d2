#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>
#include <sqlite3.h>

#include "base/clock.h"
#include "base/opt.h"
#include "http/sign.h"

/* The values of the options. */
static struct {
	struct config cfg;
	struct media media;
	struct faults faults;
	struct download_options download;
	struct rate rate;
	long seed, burst; /* seed -1: not given */
} given;

static const char *
add_media(void *to, const char *value)
{
	return media_root(to, value);
}

static const char *
add_fault(void *to, const char *value)
{
	return fault_parse(to, value);
}

static const char *
set_fault_on(void *to, const char *value)
{
	return fault_on(to, value);
}

static const char *
set_rate(void *to, const char *value)
{
	struct rate *r = to;
	const char *end, *why = clock_rate(value, &end, &r->per_second);
	return why || !*end ? why : "expected a rate such as 10, 10/s, 600/m or 1000/h";
}

static const char *
set_retry_after(void *to, const char *value)
{
	struct rate *r = to;
	char *end;
	if (strcmp(value, "date") == 0) {
		r->date = true;
		return NULL;
	}
	r->retry_after = strtol(value, &end, 10);
	return end != value && !*end && r->retry_after >= 0 && r->retry_after <= 1000000
		       ? NULL
		       : "expected a number of seconds, or \"date\"";
}

static const char *
add_range(void *to, const char *value)
{
	return download_habits(to, value);
}

static const char *
set_disposition(void *to, const char *value)
{
	struct download_options *o = to;
	o->disposition = value;
	return strpbrk(value, "\"\r\n") ? "expected a name without a quote or a line end" : NULL;
}

static void
version(void)
{
	printf("libmicrohttpd %s, SQLite %s\n", MHD_get_version(), sqlite3_libversion());
}

static const struct opt options[] = {
	{OPT_NUMBER, 'p', "port", "N", "port to listen on; 0: any that is free (8484)",
	 &given.cfg.port, 0, 65535, NULL},
	{OPT_STRING, 0, "listen", "ADDR", "address to listen on (127.0.0.1)", &given.cfg.listen, 0,
	 0, NULL},
	{OPT_STRING, 'd', "dir", "DIR", "where jobs and files are kept (~/.local/state/tc-serve)",
	 &given.cfg.dir, 0, 0, NULL},
	{OPT_CALL, 'm', "media", "DIR", "let sources name files below DIR; may be repeated",
	 &given.media, 0, 0, add_media},
	{OPT_NUMBER, 'j', "jobs", "N", "run at most N encoders at a time (one per processor)",
	 &given.cfg.jobs, 1, 1024, NULL},
	{OPT_STRING, 'e', "encoder", "CMD", "run CMD INPUT OUTPUT instead of ffmpeg",
	 &given.cfg.encoder, 0, 0, NULL},
	{OPT_NUMBER, 0, "max-output", "N", "largest output, in MiB (65536)", &given.cfg.max_output,
	 1, 1L << 30, NULL},
	{OPT_DURATION, 0, "max-time", "DUR", "end an encoder that takes longer (24h)",
	 &given.cfg.max_time, 0, 0, NULL},
	{OPT_STRING, 0, "key-file", "FILE", "accept only the key in FILE's first line",
	 &given.cfg.key_file, 0, 0, NULL},
	{OPT_DURATION, 0, "url-ttl", "DUR",
	 "life of upload and download URLs (15m and 10m; Transcodely 1h and 6h)",
	 &given.cfg.url_ttl, 0, 0, NULL},
	{OPT_NUMBER, 0, "ready-fd", "N", "write the base URL to descriptor N when ready",
	 &given.cfg.ready_fd, 0, 1000000, NULL},
	{OPT_FLAG, 'v', "verbose", NULL, "log each call to stderr", &given.cfg.verbose, 0, 0, NULL},
	{OPT_FLAG, 0, "quiet", NULL, "nothing but errors", &given.cfg.quiet, 0, 0, NULL},
	{0},
};

/* Options of fault injection. */
static const struct opt trouble[] = {
	{OPT_CALL, 0, "rate", "N[/s|/m|/h]", "answer 429 to calls above this rate", &given.rate, 0,
	 0, set_rate},
	{OPT_NUMBER, 0, "burst", "N", "calls that may come in a burst (one second's worth)",
	 &given.burst, 1, 1000000, NULL},
	{OPT_CALL, 0, "retry-after", "SECONDS|date", "value of Retry-After with 429", &given.rate,
	 0, 0, set_retry_after},
	{OPT_DURATION, 0, "latency", "DUR", "delay each response", &given.cfg.latency, 0, 0, NULL},
	{OPT_NUMBER, 0, "quota", "N", "refuse to create more than N jobs", &given.cfg.quota, 0,
	 1000000000, NULL},
	{OPT_NUMBER, 0, "queue-limit", "N", "Transcodely: at most N jobs that have not ended",
	 &given.cfg.queue_limit, 0, 1000000000, NULL},
	{OPT_CALL, 0, "fault", "NAME=P[,...]",
	 "inject faults with probability P (0 to 1): status-500 status-503\n"
	 "                              status-500-after drop-before drop-after truncate "
	 "html\n"
	 "                              malformed slow slow-to-start; of uploads reset "
	 "stall slow\n"
	 "                              status-403 status-423 status-460 status-503 "
	 "status-507\n"
	 "                              error-200 lost-200;\n"
	 "                              of downloads reset stall slow truncate short wrong "
	 "gzip redirect\n"
	 "                              redirect-file status-403 status-404 status-503 "
	 "status-507",
	 &given.faults, 0, 0, add_fault},
	{OPT_CALL, 0, "fault-on", "create|get|put|all",
	 "where --fault applies: calls (all), reads and downloads (get), uploads (put)",
	 &given.faults, 0, 0, set_fault_on},
	{OPT_CALL, 0, "range", "HABIT[,...]",
	 "of downloads: ignore early late total 416 no-validator weak-etag\n"
	 "                              200-on-if-range",
	 &given.download.range, 0, 0, add_range},
	{OPT_NUMBER, 0, "change-after", "N",
	 "after N downloads change each file's bytes, not its size", &given.download.change_after,
	 0, 1000000000, NULL},
	{OPT_FLAG, 0, "checksums", NULL,
	 "send x-goog-hash, Repr-Digest and Content-MD5 with downloads", &given.download.checksums,
	 0, 0, NULL},
	{OPT_CALL, 0, "disposition", "NAME",
	 "send Content-Disposition with this name with downloads", &given.download, 0, 0,
	 set_disposition},
	{OPT_NUMBER, 0, "seed", "N", "inject the same faults each time", &given.seed, 0, 2147483647,
	 NULL},
	{0},
};

static void
set_defaults(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct buf random = {0};
	given.cfg = (struct config){.listen = "127.0.0.1",
				    .port = 8484,
				    .jobs = processors < 1 ? 1 : processors,
				    .ready_fd = -1,
				    .quota = -1,
				    .queue_limit = -1,
				    .max_output = 65536,
				    .max_time = 24 * 3600 * SECOND};
	given.rate.retry_after = -1;
	given.seed = -1;
	fault_on(&given.faults, "all");
	random_hex(&random, 8);
	fault_seed(&given.faults, strtoull(buf_cstr(&random), NULL, 16));
	buf_free(&random);
}

void
options_parse(struct serve *s, int argc, char **argv)
{
	const struct program program = {
		.usage = "[options]",
		.about = "Serve the FFmpeg Micro and Transcodely APIs on this machine, with real "
			 "ffmpeg.",
		.tables = {options, trouble},
		.version = version,
	};
	set_defaults();
	int i = opt_parse(&program, argc, argv);
	if (i < argc)
		opt_usage("unexpected argument: %s (a directory of media is given with --media %s)",
			  argv[i], argv[i]);
	given.rate.burst = (double)given.burst;
	if (given.seed >= 0)
		fault_seed(&given.faults, (uint64_t)given.seed);
	s->cfg = given.cfg;
	s->media = given.media;
	s->faults = given.faults;
	s->download = given.download;
	s->rate = given.rate;
}
