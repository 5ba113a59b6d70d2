/*
 * tc-hook: receives the webhook events of a service and writes one record per
 * event about a job, for tc-wait -e or any pipeline.
 */
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/listen.h"
#include "base/msg.h"
#include "base/opt.h"
#include "base/os.h"
#include "base/sig.h"
#include "hook.h"
#include "http/server.h"
#include "service/variables.h"

static struct options {
	const char *provider, *listen, *secret_file;
	long port, ready_fd;
	int64_t tolerance;
	bool verbose, quiet;
} o = {.provider = "ffmpeg-micro",
       .listen = "127.0.0.1",
       .port = 8485,
       .ready_fd = -1,
       .tolerance = 5 * 60 * SECOND};

static const struct opt options[] = {
	{OPT_STRING, 'p', "provider", "NAME|FILE", "the service's profile (default ffmpeg-micro)",
	 &o.provider, 0, 0, 0},
	{OPT_NUMBER, 0, "port", "N", "port to listen on; 0: any free port (default 8485)", &o.port,
	 0, 65535, 0},
	{OPT_STRING, 0, "listen", "ADDR", "address to listen on (default 127.0.0.1)", &o.listen, 0,
	 0, 0},
	{OPT_STRING, 0, "secret-file", "FILE", "read the secrets that sign events from FILE",
	 &o.secret_file, 0, 0, 0},
	{OPT_DURATION, 0, "tolerance", "DUR", "how old a signature may be (default 5m)",
	 &o.tolerance, 0, 0, 0},
	{OPT_NUMBER, 0, "ready-fd", "N", "write our URL to descriptor N when ready", &o.ready_fd, 0,
	 1000000, 0},
	{OPT_FLAG, 'v', "verbose", NULL, "log each event to stderr", &o.verbose, 0, 0, 0},
	{OPT_FLAG, 0, "quiet", NULL, "no summary, no warnings", &o.quiet, 0, 0, 0},
	{0},
};

static void
version(void)
{
	printf("libmicrohttpd %s\n", MHD_get_version());
}

/* Return the secrets that sign events; empty if the service does not sign: then only this machine
 * may send any. */
static struct secrets
find_secrets(const struct profile *p)
{
	if (p->hook_header || p->hook_token)
		return secrets_load(p, o.secret_file);
	if (!listen_loopback(o.listen))
		opt_usage("--listen %s: %s does not sign its events: put a proxy in front that "
			  "authenticates the sender",
			  o.listen, p->name);
	return (struct secrets){0};
}

/* Read what libmicrohttpd's thread wrote to wake us; true if stdout is broken. */
static bool
is_broken(int wake)
{
	char c[64];
	ssize_t n;
	bool broken = false;
	while ((n = read(wake, c, sizeof c)) > 0)
		broken = broken || memchr(c, HOOK_BROKEN, (size_t)n);
	return broken;
}

/* Receive events until a signal, or until stdout is broken: then return false. */
static bool
receive(struct server *s, int wake)
{
	bool waits = false;
	for (;;) {
		int64_t due = server_step(s, waits);
		struct pollfd fds[] = {
			{.fd = sig_fd(), .events = POLLIN},
			{.fd = wake, .events = POLLIN},
			{.fd = STDOUT_FILENO}, /* POLLERR: the reader of our pipe has gone */
			{.fd = server_fd(s), .events = POLLIN},
		};
		int got = poll(fds, 4, clock_poll_ms(clock_now(), due));
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			msg_die(EXIT_IO, "poll: %s", strerror(errno));
		waits = got > 0 && fds[3].revents;
		if (got > 0 && fds[2].revents & (POLLERR | POLLNVAL))
			return false;
		if (is_broken(wake))
			return false;
		struct sig_pending signals = sig_take();
		if (signals.stops > 1)
			_exit(EXIT_SIGNAL + signals.last);
		if (signals.stops)
			return true;
	}
}

static void
make_pipe(int fd[2])
{
	if (os_pipe(fd) < 0 || fcntl(fd[0], F_SETFL, O_NONBLOCK) < 0 ||
	    fcntl(fd[1], F_SETFL, O_NONBLOCK) < 0)
		msg_die(EXIT_IO, "pipe: %s", strerror(errno));
}

static void
hook_init(struct hook *h)
{
	h->profile = profile_load(o.provider);
	if (!h->profile->hook_job.n)
		msg_die(EXIT_BAD_CONFIG,
			"profile %s: /webhook/job: missing: this service sends no events (-p names "
			"another)",
			h->profile->name);
	variables_hide(h->profile);
	h->secrets = find_secrets(h->profile);
	h->tolerance = o.tolerance;
}

/* Run the server; return false if stdout broke. */
static bool
run(struct hook *h)
{
	char *base = NULL;
	int wake[2], stop[2];
	int fd = listen_on(o.listen, o.port, &base);
	if (fd < 0)
		return false;
	make_pipe(wake);
	make_pipe(stop);
	h->wake_fd = wake[1];
	out_open(&h->out, stop[0]);
	struct server *s = httpd_start(h, fd);
	if (o.ready_fd >= 0)
		listen_ready((int)o.ready_fd, base);
	else
		msg_line("%s: listening on %s", msg_name(), base);
	bool well = receive(s, wake[0]);
	sig_last();
	close(stop[1]); /* ends a wait for room on stdout */
	server_stop(s);
	unsigned long all = h->written + h->repeated + h->ignored + h->refused;
	msg_line("%lu event%s: %lu written, %lu repeated, %lu not about jobs, %lu refused", all,
		 all == 1 ? "" : "s", h->written, h->repeated, h->ignored, h->refused);
	close(wake[0]);
	close(wake[1]);
	close(stop[0]);
	free(base);
	return well;
}

int
main(int argc, char **argv)
{
	struct hook h = {0};
	const char *provider = getenv("TC_PROVIDER");
	const struct program program = {
		"[options]",
		"Receive a service's webhook events; write a record for each event about a job.",
		{options},
		version,
		false};
	msg_init(argv[0]);
	if (provider && *provider)
		o.provider = provider;
	int i = opt_parse(&program, argc, argv);
	if (i < argc)
		opt_usage("unexpected operand: %s", argv[i]);
	msg_quiet(o.quiet);
	msg_verbose(o.verbose);
	hook_init(&h);
	sig_init();
	bool well = run(&h);
	seen_free(&h.seen_ids);
	buf_free(&h.line);
	profile_free(h.profile);
	secrets_free(&h.secrets);
	return well ? EXIT_OK : EXIT_IO;
}
