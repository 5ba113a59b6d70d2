#define _XOPEN_SOURCE 700 /* realpath() */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <microhttpd.h>
#include <sqlite3.h>

#include "base/clock.h"
#include "base/findpath.h"
#include "base/listen.h"
#include "base/msg.h"
#include "base/opt.h"
#include "base/os.h"
#include "base/owned.h"
#include "base/secret.h"
#include "http/fault.h"
#include "http/sign.h"

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

static void
read_keys(struct serve *s)
{
	char *key = secret_load_line(s->cfg.key_file, "TC_LOCAL_API_KEY");
	if (key)
		buf_str(&s->key, key);
	free(key);
	s->hook_secret = secret_load(NULL, "TC_LOCAL_WEBHOOK_SECRET");
	os_private(); /* even without a key of the user, there is the secret that signs URLs */
	key_forget("TC_LOCAL_API_KEY");
	key_forget("TC_LOCAL_WEBHOOK_SECRET");
}

/* Without a key, anyone on the network could use this machine. */
static void
need_key_beyond_loopback(const struct serve *s)
{
	const char *a = s->cfg.listen;
	if (!listen_loopback(a) && s->key.n == 0)
		msg_die(EXIT_BAD_CONFIG,
			"--listen %s: not without a key: set TC_LOCAL_API_KEY or give --key-file",
			a);
}

static void
defaults(struct serve *s)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct buf random = {0};
	s->cfg = (struct config){.listen = "127.0.0.1",
				 .port = 8484,
				 .jobs = processors < 1 ? 1 : processors,
				 .ready_fd = -1,
				 .quota = -1,
				 .queue_limit = -1,
				 .max_output = 65536,
				 .max_time = 24 * 3600 * SECOND};
	s->rate.retry_after = -1;
	fault_on(&s->faults, "all");
	random_hex(&random, 8);
	fault_seed(&s->faults, strtoull(buf_cstr(&random), NULL, 16));
	buf_free(&random);
}

void
config_parse(struct serve *s, int argc, char **argv)
{
	struct config *c = &s->cfg;
	long seed = -1, burst = 0;
	const struct opt table[] = {
		{OPT_NUMBER, 'p', "port", "N", "port to listen on; 0: any that is free (8484)",
		 &c->port, 0, 65535, NULL},
		{OPT_STRING, 0, "listen", "ADDR", "address to listen on (127.0.0.1)", &c->listen, 0,
		 0, NULL},
		{OPT_STRING, 'd', "dir", "DIR",
		 "where jobs and files are kept (~/.local/state/tc-serve)", &c->dir, 0, 0, NULL},
		{OPT_CALL, 'm', "media", "DIR", "let sources name files below DIR; may be repeated",
		 &s->media, 0, 0, add_media},
		{OPT_NUMBER, 'j', "jobs", "N", "encoders at once (one per processor)", &c->jobs, 1,
		 1024, NULL},
		{OPT_STRING, 'e', "encoder", "CMD", "run CMD INPUT OUTPUT in the place of ffmpeg",
		 &c->encoder, 0, 0, NULL},
		{OPT_NUMBER, 0, "max-output", "N", "an output may have N MiB (65536)",
		 &c->max_output, 1, 1L << 30, NULL},
		{OPT_DURATION, 0, "max-time", "DUR", "end an encoder that takes longer (24h)",
		 &c->max_time, 0, 0, NULL},
		{OPT_STRING, 0, "key-file", "FILE", "accept only the key in FILE's first line",
		 &c->key_file, 0, 0, NULL},
		{OPT_DURATION, 0, "url-ttl", "DUR",
		 "life of upload and download URLs (15m and 10m; Transcodely 1h and 6h)",
		 &c->url_ttl, 0, 0, NULL},
		{OPT_NUMBER, 0, "ready-fd", "N",
		 "write the base URL to descriptor N once calls are taken", &c->ready_fd, 0,
		 1000000, NULL},
		{OPT_FLAG, 'v', "verbose", NULL, "a line on stderr for each call", &c->verbose, 0,
		 0, NULL},
		{OPT_FLAG, 0, "quiet", NULL, "nothing but errors", &c->quiet, 0, 0, NULL},
		{0},
	};
	const struct opt trouble[] = {
		{OPT_CALL, 0, "rate", "N[/s|/m|/h]", "answer 429 to calls above this rate",
		 &s->rate, 0, 0, set_rate},
		{OPT_NUMBER, 0, "burst", "N", "calls let through at once (one second's worth)",
		 &burst, 1, 1000000, NULL},
		{OPT_CALL, 0, "retry-after", "SECONDS|date", "what Retry-After says with 429",
		 &s->rate, 0, 0, set_retry_after},
		{OPT_DURATION, 0, "latency", "DUR", "hold back each answer", &c->latency, 0, 0,
		 NULL},
		{OPT_NUMBER, 0, "quota", "N", "refuse to create more than N jobs", &c->quota, 0,
		 1000000000, NULL},
		{OPT_NUMBER, 0, "queue-limit", "N",
		 "Transcodely: at most N jobs that have not ended", &c->queue_limit, 0, 1000000000,
		 NULL},
		{OPT_CALL, 0, "fault", "NAME=P[,...]",
		 "spoil answers with chance P (0 to 1): status-500 status-503\n"
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
		 &s->faults, 0, 0, add_fault},
		{OPT_CALL, 0, "fault-on", "create|get|put|all",
		 "what --fault spoils: calls (all), reads and downloads (get), uploads (put)",
		 &s->faults, 0, 0, set_fault_on},
		{OPT_CALL, 0, "range", "HABIT[,...]",
		 "of downloads: ignore early late total 416 no-validator weak-etag\n"
		 "                              200-on-if-range",
		 &s->download.range, 0, 0, add_range},
		{OPT_NUMBER, 0, "change-after", "N",
		 "each file has other bytes, as many, after N downloads", &s->download.change_after,
		 0, 1000000000, NULL},
		{OPT_FLAG, 0, "checksums", NULL,
		 "send x-goog-hash, Repr-Digest and Content-MD5 with downloads",
		 &s->download.checksums, 0, 0, NULL},
		{OPT_CALL, 0, "disposition", "NAME",
		 "send Content-Disposition with this name with downloads", &s->download, 0, 0,
		 set_disposition},
		{OPT_NUMBER, 0, "seed", "N", "draw the same faults each time", &seed, 0, 2147483647,
		 NULL},
		{0},
	};
	const struct program prog = {
		.usage = "[options]",
		.about = "Serve the FFmpeg Micro and Transcodely APIs on this machine, with real "
			 "ffmpeg.",
		.tables = {table, trouble},
		.version = version,
	};
	defaults(s);
	int i = opt_parse(&prog, argc, argv);
	if (i < argc)
		opt_usage("unexpected argument: %s (a directory of media is given with --media %s)",
			  argv[i], argv[i]);
	s->rate.burst = (double)burst;
	if (seed >= 0)
		fault_seed(&s->faults, (uint64_t)seed);
	msg_quiet(c->quiet);
	msg_verbose(c->verbose);
	read_keys(s);
	need_key_beyond_loopback(s);
}

static bool
in_path(const char *name)
{
	char *path = find_command(name);
	free(path);
	return path != NULL;
}

void
config_need_encoder(const struct serve *s)
{
	static const char *const own[] = {"ffmpeg", "ffprobe"};
	if (s->cfg.encoder && !in_path(s->cfg.encoder))
		msg_die(EXIT_BAD_CONFIG,
			"--encoder %s: no such program, or not one that can be run",
			s->cfg.encoder);
	for (size_t i = 0; !s->cfg.encoder && i < 2; i++)
		if (!in_path(own[i]))
			msg_die(EXIT_BAD_CONFIG,
				"%s is not installed: install the package ffmpeg, or give "
				"--encoder",
				own[i]);
}

/* mkdir -p, mode 0700. */
static int
make_dirs(char *path)
{
	for (char *p = path + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			int rc = mkdir(path, 0700);
			*p = '/';
			if (rc != 0 && errno != EEXIST)
				return -1;
		}
	return mkdir(path, 0700) != 0 && errno != EEXIST ? -1 : 0;
}

static void
make_below(const char *dir, const char *name)
{
	struct buf b = {0};
	buf_fmt(&b, "%s/%s", dir, name);
	if (mkdir(buf_cstr(&b), 0700) != 0 && errno != EEXIST)
		msg_die(EXIT_BAD_CONFIG, "%s: %s", buf_cstr(&b), strerror(errno));
	buf_free(&b);
}

char *
config_state_dir(const struct serve *s)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	struct buf b = {0};
	if (s->cfg.dir)
		buf_str(&b, s->cfg.dir);
	else if (state && *state == '/')
		buf_fmt(&b, "%s/tc-serve", state);
	else if (home && *home == '/')
		buf_fmt(&b, "%s/.local/state/tc-serve", home);
	else
		msg_die(EXIT_BAD_CONFIG, "no place for the jobs: set HOME, or give --dir");
	buf_cstr(&b);
	char *dir = *b.p && make_dirs(b.p) == 0 ? realpath(b.p, NULL) : NULL;
	if (!dir || access(dir, W_OK | X_OK) != 0)
		msg_die(EXIT_BAD_CONFIG, "%s: %s", b.p, strerror(*b.p ? errno : ENOENT));
	buf_free(&b);
	owned_directory("state directory", dir);
	make_below(dir, "files");
	make_below(dir, "uploads");
	return dir;
}
