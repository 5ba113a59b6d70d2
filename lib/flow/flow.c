#include "flow/flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "flow/parts.h"

enum { TELL_SECONDS = 10, RESUME_WINDOW = 16384 };

void
flow_init(struct flow *f, const struct flow_ops *ops, void *tool, char **operands)
{
	*f = (struct flow){.ops = ops, .tool = tool, .jobs = 1};
	if (msg_closed(1))
		msg_die(EXIT_IO, "stdout is closed: results cannot be written");
	if (msg_closed(0) && !(operands && *operands))
		msg_die(EXIT_IO, "stdin is closed: give the lines %son stdin",
			operands ? "as operands, or " : "");
	lines_init(&f->in, operands, STDIN_FILENO);
	reorder_init(&f->out, STDOUT_FILENO, false);
}

void
flow_resumed(struct flow *f)
{
	if (f->window && f->window < RESUME_WINDOW)
		f->window = RESUME_WINDOW;
}

/* After a stop: abandon all waiting items one by one, so that each gets its line. */
static void
drain(struct flow *f)
{
	while (f->queue_n)
		flow_abandon(f, f->queue[0]);
}

/* Make durable what the lines announce, then write them to stdout. */
static void
flush(struct flow *f)
{
	if (!reorder_pending(&f->out) || f->stdout_closed)
		return;
	flow_commit(f);
	if (reorder_flush(&f->out) == 0)
		return;
	f->stdout_closed = true;
	if (errno != EPIPE)
		msg_error("stdout: %s", strerror(errno));
	flow_stop(f, EXIT_IO);
}

/* Return when the next item in doubt is looked up. */
static int64_t
doubt_due(const struct flow *f)
{
	int64_t due = NEVER;
	for (size_t i = 0; f->counts.in_doubt && i < f->queue_n; i++)
		if (f->queue[i]->in_doubt && f->queue[i]->due < due)
			due = f->queue[i]->due;
	return due;
}

/* Report that only items in doubt are left, which would look like a run that hangs. */
static void
tell_of_doubt(struct flow *f)
{
	int64_t now = clock_now();
	if (!f->counts.in_doubt || f->counts.in_doubt < flow_open_items(f) || !f->counts.all_read ||
	    f->progress.on ||
	    (f->told_of_doubt && now - f->told_of_doubt < TELL_SECONDS * SECOND) ||
	    doubt_due(f) - now < 2 * SECOND)
		return;
	f->told_of_doubt = now;
	f->counts.ask_at = doubt_due(f);
	progress_doubt(&f->counts);
}

/* Return the end of a throttle's pause, or 0. */
static int64_t
blocked_until(const struct flow *f)
{
	return f->pace ? f->pace->s.blocked_until : 0;
}

static void
show_progress(struct flow *f)
{
	f->counts.waiting = f->queue_n + f->aside;
	if (clock_now() >= progress_due(&f->progress))
		f->counts.ask_at = doubt_due(f);
	progress_resume(&f->progress, &f->counts, clock_now());
	progress_show(&f->progress, &f->counts, clock_now(), blocked_until(f));
	tell_of_doubt(f);
}

static void
handle_signals(struct flow *f)
{
	struct sig_pending news = sig_take();
	if (news.progress) {
		f->counts.ask_at = doubt_due(f);
		f->counts.waiting = f->queue_n + f->aside;
		progress_now(&f->progress, &f->counts, blocked_until(f));
	}
	if (news.resized)
		progress_resized(&f->progress);
	if (f->ops->heard)
		f->ops->heard(f, &news);
	for (; news.stops > 0; news.stops--) {
		if (++f->stop_count > 2)
			_exit(EXIT_SIGNAL + news.last);
		f->signal = news.last;
		flow_stop(f, EXIT_SIGNAL + news.last);
		if (f->stop_count == 1)
			msg_warn("stopping: letting running work finish (press Ctrl-C again to "
				 "stop it now)");
		/* the user will not type the rest of the input, and a second stop must not wait for
		 * it */
		if (f->stop_count > 1 || isatty(f->in.fd))
			f->counts.all_read = true;
		f->ops->stop(f, (int)f->stop_count);
	}
}

/* Stop the run if the program that keeps the rate has failed: what is left can be done later. */
static void
handle_rate_command(struct flow *f)
{
	if (!f->pace || !f->pace->has_cmd)
		return;
	int64_t now = clock_now();
	ratecmd_move(&f->pace->cmd, now);
	const char *why = f->stopping ? NULL : pace_problem(f->pace, now);
	if (!why)
		return;
	msg_error("--rate-cmd: %s: stopped. Run the lines that are not ok again", why);
	flow_stop(f, EXIT_TRY_AGAIN);
}

static void
wait_for_events(struct flow *f)
{
	bool want_input = admit_open(f) && f->need_input, more = admit_open(f) && !f->need_input;
	struct pollfd fds[] = {
		{.fd = want_input ? f->in.fd : -1, .events = POLLIN},
		{.fd = sig_fd(), .events = POLLIN},
		{.fd = f->stdout_closed ? -1
					: f->out.fd}, /* POLLERR: the reader of our pipe is gone */
		{.fd = -1},
		{.fd = -1},
	};
	int64_t until = more ? 0 : start_due(f);
	if (f->pace && f->pace->has_cmd)
		ratecmd_poll(&f->pace->cmd, fds + 3);
	f->ops->wait(f, fds, sizeof fds / sizeof *fds, until);
	handle_rate_command(f);
	handle_signals(f);
	if (want_input && fds[0].revents)
		admit_read(f);
	if (!f->stdout_closed && fds[2].revents & (POLLERR | POLLNVAL)) {
		f->stdout_closed = true;
		flow_stop(f, EXIT_IO);
	}
}

static bool
finished(const struct flow *f)
{
	return flow_open_items(f) == 0 && (f->counts.all_read || f->stdout_closed);
}

static int
exit_status(const struct flow *f)
{
	if (f->status)
		return f->status;
	if (f->counts.failed > f->counts.temporary)
		return EXIT_SOME_FAILED;
	return f->counts.failed || f->counts.not_attempted ? EXIT_TRY_AGAIN : EXIT_OK;
}

/* Report empty input: a shell returns only the status of a pipe's last command. */
static void
check_read(struct flow *f)
{
	if (!f->must_read || f->next_index || f->status)
		return;
	msg_error("no input lines: the previous command in the pipe failed or printed nothing");
	flow_stop(f, EXIT_SOME_FAILED);
}

/*
 * Count the items of a run that dies, for example of a full disk under its
 * ledger: running ones have failed, waiting ones were not attempted.
 */
static void
last_words(void *ctx)
{
	struct flow *f = ctx;
	struct counts *c = &f->counts;
	size_t ended = c->ok + c->failed + c->not_attempted,
	       open = c->in > ended ? c->in - ended : 0;
	size_t under_way = c->running < open ? c->running : open;
	c->failed += under_way;
	c->not_attempted += open - under_way;
	reasons_end(&f->reasons);
	progress_end(&f->progress, c);
}

int
flow_run(struct flow *f)
{
	msg_at_death(last_words, f);
	for (;;) {
		admit_lines(f);
		start_ready(f);
		if (f->stopping)
			drain(f);
		flush(f);
		show_progress(f);
		if (finished(f))
			break;
		wait_for_events(f);
	}
	flow_commit(f);
	if (f->ops->finish)
		f->ops->finish(f);
	check_read(f);
	msg_at_death(NULL, NULL);
	reasons_end(&f->reasons);
	progress_end(&f->progress, &f->counts);
	return exit_status(f);
}

void
flow_free(struct flow *f)
{
	while (f->all)
		flow_item_free(f, f->all, true);
	lines_free(&f->in);
	reorder_free(&f->out);
	free(f->queue);
	free(f->picked);
}
