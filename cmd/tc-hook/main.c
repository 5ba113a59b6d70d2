/*
 * tc-hook: hears the events that a service sends, and writes a record a line
 * for each that is about a job: what tc-wait -e reads, and any pipeline.
 */
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "hook.h"
#include "key.h"
#include "listen.h"
#include "msg.h"
#include "opt.h"
#include "os.h"
#include "sig.h"

static struct options {
	const char *provider, *listen, *secret_file;
	long port, ready_fd;
	int64_t tolerance;
	bool verbose, quiet;
} o = {.provider = "ffmpeg-micro", .listen = "127.0.0.1", .port = 8485, .ready_fd = -1, .tolerance = 5 * 60 * SECOND};

static const struct opt options[] = {
	{OPT_STRING, 'p', "provider", "NAME|FILE", "the service's profile (default ffmpeg-micro)", &o.provider, 0, 0, 0},
	{OPT_NUMBER, 0, "port", "N", "port to listen on; 0: any that is free (8485)", &o.port, 0, 65535, 0},
	{OPT_STRING, 0, "listen", "ADDR", "address to listen on (127.0.0.1)", &o.listen, 0, 0, 0},
	{OPT_STRING, 0, "secret-file", "FILE", "read the secret that events are signed with from FILE", &o.secret_file, 0, 0, 0},
	{OPT_DURATION, 0, "tolerance", "DUR", "how old a signature may be (default 5m)", &o.tolerance, 0, 0, 0},
	{OPT_NUMBER, 0, "ready-fd", "N", "write the address to descriptor N once events are taken", &o.ready_fd, 0, 1000000, 0},
	{OPT_FLAG, 'v', "verbose", NULL, "say each event on stderr", &o.verbose, 0, 0, 0},
	{OPT_FLAG, 0, "quiet", NULL, "no summary, no warnings", &o.quiet, 0, 0, 0},
	{0},
};

static void
version(void)
{
	printf("libmicrohttpd %s\n", MHD_get_version());
}

/* The secret, or NULL where events are not signed: then only this machine may send some. */
static char *
find_secret(const struct profile *p)
{
	if (!p->hook_header) {
		if (!listen_loopback(o.listen))
			opt_usage("--listen %s: %s does not sign its events: put a proxy that knows who sends them in front", o.listen, p->name);
		return NULL;
	}
	char *secret = key_find(o.secret_file, p->hook_env);
	if (!secret)
		msg_die(EXIT_BAD_CONFIG, "no secret for %s: set %s, or give --secret-file FILE", p->name, p->hook_env);
	return secret;
}

/* Until a signal, or until stdout takes no more: then false. */
static bool
wait_for_end(int broken)
{
	for (;;) {
		struct pollfd fds[] = {
			{.fd = sig_fd(), .events = POLLIN},
			{.fd = broken, .events = POLLIN},
			{.fd = STDOUT_FILENO}, /* POLLERR: the reader of our pipe has gone */
		};
		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			msg_die(EXIT_IO, "poll: %s", strerror(errno));
		if (fds[1].revents || fds[2].revents & (POLLERR | POLLNVAL))
			return false;
		if (sig_take().stops)
			return true;
	}
}

static void
hook_init(struct hook *h, int *broken)
{
	struct stat st;
	int fd[2];
	h->profile = profile_load(o.provider);
	if (!h->profile->hook_job.n)
		msg_die(EXIT_BAD_CONFIG, "profile %s: /webhook/job: missing: this service sends no events (-p names another)",
			h->profile->name);
	h->secret = find_secret(h->profile);
	h->tolerance = o.tolerance;
	h->file = fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode);
	if (msg_closed(STDOUT_FILENO))
		msg_die(EXIT_IO, "stdout is closed: events have nowhere to go");
	if (os_pipe(fd) < 0)
		msg_die(EXIT_IO, "pipe: %s", strerror(errno));
	*broken = fd[0];
	h->end_fd = fd[1];
}

/* Takes events until it ends; false if it could not go on. */
static bool
hear(struct hook *h, int broken)
{
	char *base = NULL;
	int fd = listen_on(o.listen, o.port, &base);
	if (fd < 0)
		return false;
	struct httpd *d = httpd_start(h, fd);
	if (o.ready_fd >= 0)
		listen_ready((int)o.ready_fd, base);
	else
		msg_line("%s: listening on %s", msg_name(), base);
	bool well = wait_for_end(broken);
	httpd_stop(d);
	msg_line("%lu events: %lu written, %lu repeated, %lu of no job, %lu refused",
		 h->written + h->repeated + h->other + h->refused, h->written, h->repeated, h->other, h->refused);
	free(base);
	return well;
}

int
main(int argc, char **argv)
{
	struct hook h = {0};
	int broken;
	const char *provider = getenv("TC_PROVIDER");
	const struct program program = {"[options]", "Hear a service's events; write a record for each that is about a job.",
					{options}, version, false};
	msg_init(argv[0]);
	if (provider && *provider)
		o.provider = provider;
	int i = opt_parse(&program, argc, argv);
	if (i < argc)
		opt_usage("no operand is wanted: %s", argv[i]);
	msg_quiet(o.quiet);
	msg_verbose(o.verbose);
	hook_init(&h, &broken);
	sig_init();
	bool well = hear(&h, broken);
	seen_free(&h.known);
	buf_free(&h.line);
	profile_free(h.profile);
	free(h.secret);
	close(broken);
	close(h.end_fd);
	return well ? EXIT_OK : EXIT_IO;
}
