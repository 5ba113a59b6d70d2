/*
 * tc-serve: the FFmpeg Micro and Transcodely APIs on this machine. Calls are
 * answered in libmicrohttpd's thread; this one runs the encoders, wakes what
 * sleeps, and hears signals. A job that was answered for is in the database:
 * it survives whatever ends the server.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "config.h"
#include "encode/encoder.h"
#include "http/suspend.h"
#include "httpd.h"
#include "base/listen.h"
#include "base/msg.h"
#include "api/webhook.h"
#include "serve.h"
#include "http/server.h"
#include "store/store.h"

static volatile sig_atomic_t stopping;
static int signal_fd; /* the writing end of the pipe that ends poll() */

void
serve_wake(const struct serve *s)
{
	if (write(s->wake_fd, "", 1) < 0 && errno != EAGAIN) /* full: main wakes up anyway */
		msg_error("cannot wake the encoders: %s", strerror(errno));
}

static void
on_signal(int sig)
{
	int saved = errno;
	if (sig != SIGCHLD && stopping++)
		_exit(EXIT_SIGNAL + sig); /* asked twice */
	if (write(signal_fd, "", 1) < 0) {
		/* full: poll() ends anyway */
	}
	errno = saved;
}

static void
hear_signals(int fd)
{
	static const int stop[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	sigemptyset(&sa.sa_mask);
	signal_fd = fd;
	sigaction(SIGCHLD, &sa, NULL);
	for (size_t i = 0; i < sizeof stop / sizeof *stop; i++)
		sigaction(stop[i], &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	sigaction(SIGXFSZ, &sa, NULL);
}

/* The self-pipe: [0] for poll(), [1] for signals and serve_wake(). */
static void
make_wake_pipe(int fd[2])
{
	bool ok = pipe(fd) == 0;
	for (int i = 0; ok && i < 2; i++)
		ok = fcntl(fd[i], F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd[i], F_SETFL, O_NONBLOCK) == 0;
	if (!ok)
		msg_die(EXIT_IO, "pipe: %s", strerror(errno));
}

static void
drain(int fd)
{
	char junk[256];
	while (read(fd, junk, sizeof junk) > 0)
		;
}

/* Tells people, and scripts, where we are. */
static void
announce(const struct serve *s)
{
	if (!s->cfg.quiet || s->cfg.ready_fd < 0) {
		printf("%s: listening on %s\n", msg_name(), s->base);
		if (msg_closed(STDOUT_FILENO) || fflush(stdout) != 0)
			msg_die(EXIT_IO, "stdout: %s", strerror(errno));
	}
	if (s->key.n == 0)
		msg_warn("any key is accepted: set TC_LOCAL_API_KEY or give --key-file to check it");
	if (s->cfg.ready_fd >= 0)
		listen_ready((int)s->cfg.ready_fd, s->base);
}

/* Runs until a signal or a broken database ends it. */
static void
loop(struct serve *s, struct server *http, int wake)
{
	struct pollfd *fds = mem_alloc((2 + encode_fds_max(s->encoder)) * sizeof *fds);
	bool waits = false;
	while (!stopping && !store_broken(s->store)) {
		pthread_mutex_lock(&s->lock);
		encode_step(s->encoder);
		encode_start(s->encoder);
		int64_t due = encode_due(s->encoder);
		size_t n = 2 + encode_fds(s->encoder, fds + 2);
		pthread_mutex_unlock(&s->lock);
		int64_t now = clock_now(), held = suspend_resume_due(s->holds, now), slow = server_step(http, waits);
		due = held < due ? held : due;
		due = slow < due ? slow : due;
		fds[0] = (struct pollfd){.fd = wake, .events = POLLIN};
		fds[1] = (struct pollfd){.fd = server_fd(http), .events = POLLIN};
		int got = poll(fds, (nfds_t)n, clock_poll_ms(now, due));
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			msg_die(EXIT_IO, "poll: %s", strerror(errno));
		waits = got > 0 && fds[1].revents;
		drain(wake);
	}
	free(fds);
}

/* Those who watch a job look at it again. */
static void
changed(void *ctx)
{
	const struct serve *s = ctx;
	hold_changed(s->holds);
}

static void
run(struct serve *s, int wake)
{
	s->holds = suspend_new();
	s->encoder = encode_new(s, s->cfg.jobs);
	s->events = (struct encode_events){webhook_output_ended, webhook_output_progressed};
	store_recover(s->store);
	store_on_change(s->store, changed, s);
	notify_resume(s);
	struct server *http = store_broken(s->store) ? NULL : httpd_start(s);
	if (http) {
		announce(s);
		loop(s, http, wake);
		httpd_stop(s, http);
	}
	bool ok = http && !store_broken(s->store);
	encode_end(s->encoder);
	webhook_stop(s->webhooks);
	store_recover(s->store);
	suspend_free(s->holds);
	store_close(s->store);
	free(s->base);
	if (!ok)
		exit(EXIT_IO);
}

int
main(int argc, char **argv)
{
	struct serve s = {0};
	int wake[2];
	msg_init(argv[0]);
	umask(077);
	config_parse(&s, argc, argv);
	config_need_encoder(&s);
	s.dir = config_state_dir(&s);
	make_wake_pipe(wake);
	s.wake_fd = wake[1];
	hear_signals(wake[1]);
	s.store = store_open(s.dir);
	if (!s.store || !store_secret(s.store, &s.secret))
		exit(EXIT_BAD_CONFIG);
	pthread_mutex_init(&s.lock, NULL);
	run(&s, wake[0]);
	pthread_mutex_destroy(&s.lock);
	media_free(&s.media);
	buf_free(&s.key);
	buf_free(&s.secret);
	free(s.hook_secret);
	free(s.dir);
	return EXIT_OK;
}
