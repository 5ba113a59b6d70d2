/*
 * tc-serve: the FFmpeg Micro and Transcodely APIs on this machine. A thread of
 * libmicrohttpd responds to calls; this one runs the encoders, resumes suspended
 * connections and handles signals. An acknowledged job is in the database and
 * survives a crash of the server.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/probing.h"
#include "api/webhook.h"
#include "base/clock.h"
#include "base/listen.h"
#include "base/msg.h"
#include "base/os.h"
#include "base/sig.h"
#include "config.h"
#include "encode/encoder.h"
#include "encode/outfile.h"
#include "http/server.h"
#include "http/suspend.h"
#include "httpd.h"
#include "serve.h"
#include "store/store.h"

/* Make the pipe that serve_wake() writes to. */
static void
make_wake_pipe(int fd[2])
{
	bool ok = os_pipe(fd) == 0;
	for (int i = 0; ok && i < 2; i++)
		ok = fcntl(fd[i], F_SETFL, O_NONBLOCK) == 0;
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

/*
 * Print the URL, and write it to --ready-fd. No other thread may run yet: this
 * exits if stdout is full.
 */
static void
announce(const struct serve *s)
{
	if (!s->cfg.quiet || s->cfg.ready_fd < 0) {
		printf("%s: listening on %s\n", msg_name(), s->base);
		if (msg_closed(STDOUT_FILENO) || fflush(stdout) != 0)
			msg_die(EXIT_IO, "stdout: %s", strerror(errno));
	}
	if (s->key.n == 0)
		msg_warn(
			"any key is accepted: set TC_LOCAL_API_KEY or give --key-file to check it");
	if (s->cfg.ready_fd >= 0)
		listen_ready((int)s->cfg.ready_fd, s->base);
}

/* Return true once a signal has asked to stop; a second one ends the server at once. */
static bool
asked_to_stop(void)
{
	struct sig_pending news = sig_take();
	if (news.suspend)
		sig_suspend();
	if (news.stops > 1)
		_exit(EXIT_SIGNAL + news.last);
	if (news.stops)
		sig_last();
	return news.stops > 0;
}

/* Run until a signal or a broken database ends it. */
static void
loop(struct serve *s, struct server *http, int wake)
{
	enum { SIGNAL, WAKE, LISTEN, PROBED, FIRST_CHILD };
	struct pollfd *fds = mem_alloc((FIRST_CHILD + encode_fds_max(s->encoder)) * sizeof *fds);
	bool waits = false;
	while (!asked_to_stop() && !store_broken(s->store)) {
		pthread_mutex_lock(&s->lock);
		encode_step(s->encoder);
		encode_start(s->encoder);
		int64_t due = encode_due(s->encoder);
		size_t n = FIRST_CHILD + encode_fds(s->encoder, fds + FIRST_CHILD);
		pthread_mutex_unlock(&s->lock);
		int64_t now = clock_now(), resume = suspend_resume_due(s->suspended, now),
			slow = server_step(http, waits);
		due = resume < due ? resume : due;
		due = slow < due ? slow : due;
		fds[SIGNAL] = (struct pollfd){.fd = sig_fd(), .events = POLLIN};
		fds[WAKE] = (struct pollfd){.fd = wake, .events = POLLIN};
		fds[LISTEN] = (struct pollfd){.fd = server_fd(http), .events = POLLIN};
		fds[PROBED] = (struct pollfd){.fd = probing_fd(s->probing), .events = POLLIN};
		int got = poll(fds, (nfds_t)n, clock_poll_ms(now, due));
		if (got < 0 && errno != EINTR && errno != EAGAIN)
			msg_die(EXIT_IO, "poll: %s", strerror(errno));
		waits = got > 0 && fds[LISTEN].revents;
		drain(wake);
		probing_step(s);
	}
	free(fds);
}

/* Resume the streams that watch jobs, and stop the loop if the store is broken. */
static void
changed(void *ctx)
{
	const struct serve *s = ctx;
	suspend_resume_changed(s->suspended);
	if (store_broken(s->store))
		serve_wake(s);
}

/* Remove an output whose encoder has not ended: it is made again from its start. */
static void
remove_partial(void *ctx, const char *path)
{
	const struct serve *s = ctx;
	struct buf whole = {0};
	buf_fmt(&whole, "%s/files/%s", s->dir, path);
	outfile_remove(buf_cstr(&whole));
	buf_free(&whole);
}

static void
run(struct serve *s, int wake)
{
	s->suspended = suspend_new();
	s->encoder = encode_new(s, s->cfg.jobs);
	s->events = (struct encode_events){webhook_output_ended, webhook_output_progressed};
	store_recover(s->store, remove_partial, s);
	store_on_change(s->store, changed, s);
	bool ok = !store_broken(s->store) && httpd_listen(s);
	if (ok) {
		announce(s);
		webhook_resume(s);
		s->probing = probing_new();
		struct server *http = httpd_start(s);
		loop(s, http, wake);
		probing_stop(s);
		httpd_stop(s, http);
	}
	ok = ok && !store_broken(s->store);
	encode_end(s->encoder);
	webhook_stop(s->webhooks);
	store_recover(s->store, remove_partial, s);
	suspend_free(s->suspended);
	probing_free(s->probing);
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
	sig_init();
	sig_children();
	make_wake_pipe(wake);
	s.wake_fd = wake[1];
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
