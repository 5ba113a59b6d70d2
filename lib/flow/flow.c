#include "flow/flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "flow/queue.h"
#include "base/msg.h"

enum { LINES_A_TURN = 1024, FLUSH_BYTES = 64 << 10, DOUBTS_ASIDE = 64 << 10, TELL_SECONDS = 10, RESUME_WINDOW = 16384 };

void
flow_init(struct flow *f, const struct flow_ops *ops, void *tool, char **operands)
{
	*f = (struct flow){.ops = ops, .tool = tool, .jobs = 1};
	if (msg_closed(1))
		msg_die(EXIT_IO, "stdout is closed: results have nowhere to go");
	if (msg_closed(0) && !(operands && *operands))
		msg_die(EXIT_IO, "stdin is closed: give the lines as operands, or on stdin");
	lines_init(&f->in, operands, STDIN_FILENO);
	reorder_init(&f->out, STDOUT_FILENO, false);
}

void
flow_resumed(struct flow *f)
{
	if (f->window && f->window < RESUME_WINDOW)
		f->window = RESUME_WINDOW;
}

static size_t
open_items(const struct flow *f)
{
	return f->counts.running + f->queue_n + f->aside;
}

static void
set_doubt(struct flow *f, struct item *it, bool in_doubt)
{
	f->counts.in_doubt += (size_t)in_doubt - (size_t)it->in_doubt;
	it->in_doubt = in_doubt;
}

static void
unlink_item(struct flow *f, struct item *it)
{
	if (it->prev)
		it->prev->next = it->next;
	else
		f->all = it->next;
	if (it->next)
		it->next->prev = it->prev;
}

/* Out of wherever it is: the heap, or a slot. */
static void
item_dequeue(struct flow *f, struct item *it)
{
	set_doubt(f, it, false);
	if (it->state == ITEM_WAITING)
		queue_remove(f, it);
	else if (it->state == ITEM_ASIDE)
		f->aside--;
	else if (it->state != ITEM_NEW)
		f->counts.running--;
}

/* Does picked[] name it? Then it stays in memory, and out of the heap, until the round of starts has ended. */
static bool
is_picked(const struct item *it)
{
	return it->state == ITEM_PICKED || it->state == ITEM_PUT_OFF;
}

void
flow_done(struct flow *f, struct item *it, struct span line, enum outcome outcome)
{
	bool held = it->state == ITEM_NEW || is_picked(it);
	item_dequeue(f, it);
	it->state = ITEM_ENDED;
	reorder_put(&f->out, it->index, line);
	if (f->out.full)
		flow_stop(f, EXIT_IO);
	f->counts.ok += outcome == OUTCOME_OK;
	f->counts.failed += outcome == OUTCOME_FAILED || outcome == OUTCOME_TEMPORARY;
	f->counts.temporary += outcome == OUTCOME_TEMPORARY;
	f->counts.not_attempted += outcome == OUTCOME_NOT_ATTEMPTED;
	f->counts.worked += it->started && !it->replayed;
	f->counts.replayed += it->replayed;
	f->counts.replayed_ok += it->replayed && outcome == OUTCOME_OK;
	if (held)
		return; /* admit_line() or start_picked() still holds it */
	if (f->ops->release)
		f->ops->release(f, it);
	unlink_item(f, it);
	free(it);
}

void
flow_replayed(struct item *it)
{
	it->replayed = true;
}

void
flow_schedule(struct flow *f, struct item *it, int64_t due)
{
	/* what waits is in the order of its admission: what is put off until now goes behind it */
	it->due = it->state == ITEM_NEW && !due ? clock_now() : due;
	if (is_picked(it)) {
		it->state = ITEM_PUT_OFF;
		return;
	}
	item_dequeue(f, it);
	it->state = ITEM_WAITING;
	queue_add(f, it);
}

void
flow_doubtful(struct flow *f, struct item *it, int64_t due)
{
	flow_schedule(f, it, due);
	set_doubt(f, it, true);
}

void
flow_aside(struct flow *f, struct item *it)
{
	item_dequeue(f, it);
	it->state = ITEM_ASIDE;
	f->aside++;
}

static void
item_free(struct flow *f, struct item *it, bool linked)
{
	if (f->ops->release)
		f->ops->release(f, it);
	if (linked)
		unlink_item(f, it);
	free(it);
}

static void
abandon(struct flow *f, struct item *it)
{
	f->ops->abandon(f, it, f->signal != 0);
}

static void
admit_line(struct flow *f, struct span line, bool too_long)
{
	/* the line lives behind the item, in one piece of memory */
	struct item *it = mem_alloc(f->ops->item_size + line.n + 1);
	char *copy = (char *)it + f->ops->item_size;
	memset((void *)it, 0, f->ops->item_size);
	memcpy(copy, line.p, line.n);
	copy[line.n] = '\0';
	it->index = f->next_index++;
	it->line = (struct span){copy, line.n};
	it->too_long = too_long;
	f->counts.in++;
	f->ops->admit(f, it);
	if (it->state == ITEM_ENDED) {
		item_free(f, it, false);
		return;
	}
	it->next = f->all;
	if (f->all)
		f->all->prev = it;
	f->all = it;
	if (f->stopping)
		abandon(f, it);
}

/* What is in doubt may wait for long: the rest goes on. */
static bool
in_window(const struct flow *f)
{
	size_t aside = f->counts.in_doubt < DOUBTS_ASIDE ? f->counts.in_doubt : DOUBTS_ASIDE;
	return !f->window || open_items(f) - aside < f->window;
}

static bool
may_admit(const struct flow *f)
{
	if (f->out.full && order_waits(&f->out))
		return false; /* memory has to do */
	return !f->counts.all_read && !f->stdout_closed && in_window(f) &&
	       (!f->ahead || f->next_index - f->out.next < f->ahead) && reorder_pending(&f->out) < FLUSH_BYTES;
}

static void
admit_lines(struct flow *f)
{
	struct span line;
	for (int n = 0; n < LINES_A_TURN && may_admit(f); n++)
		switch (lines_next(&f->in, &line)) {
		case LINES_GOT:
			admit_line(f, line, false);
			break;
		case LINES_TOO_LONG:
			admit_line(f, line, true);
			break;
		case LINES_END:
			f->counts.all_read = true;
			break;
		case LINES_WAIT:
			f->need_input = true;
			return;
		}
}

void
flow_stop(struct flow *f, int status)
{
	if (status && !f->status)
		f->status = status;
	f->stopping = true;
}

/* After a stop: nothing waits any more. Items end one by one, so that each gets its line. */
static void
drain(struct flow *f)
{
	while (f->queue_n)
		abandon(f, f->queue[0]);
}

static void
commit(struct flow *f)
{
	if (f->ops->commit)
		f->ops->commit(f);
}

/* stdout: first what the lines announce is made durable, then they are written. */
static void
flush(struct flow *f)
{
	if (!reorder_pending(&f->out) || f->stdout_closed)
		return;
	commit(f);
	if (reorder_flush(&f->out) == 0)
		return;
	f->stdout_closed = true;
	if (errno != EPIPE)
		msg_error("stdout: %s", strerror(errno));
	flow_stop(f, EXIT_IO);
}

/* The waiting item whose turn it is, or NULL. */
static struct item *
due_item(struct flow *f, int64_t now)
{
	while (f->queue_n && f->queue[0]->due <= now) {
		struct item *it = f->queue[0];
		if (!f->ops->ready || f->ops->ready(f, it))
			return it;
	}
	return NULL;
}

static bool
slot_free(struct flow *f)
{
	size_t slots = f->ops->slots ? f->ops->slots(f) : f->jobs;
	return !f->stopping && f->counts.running < (f->pace ? pace_slots(f->pace, slots) : slots);
}

/* Gives the item whose turn it is a slot, and its place in picked[]. False: none is to be started now. */
static bool
pick(struct flow *f, size_t n)
{
	struct item *it = due_item(f, clock_now());
	if (!it || !slot_free(f))
		return false;
	if (f->pace) {
		int64_t now = clock_now(), at = pace_next(f->pace, now);
		if (at > now) {
			if (f->held)
				f->held(f, at);
			return false;
		}
		pace_start(f->pace, now);
	}
	item_dequeue(f, it);
	it->state = ITEM_PICKED;
	f->counts.running++;
	f->picked = mem_grow(f->picked, (n + 1) * sizeof *f->picked);
	f->picked[n] = it;
	return true;
}

/* Ends the round: each picked item starts, waits again, or is freed. Until here picked[] may name it. */
static void
start_picked(struct flow *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct item *it = f->picked[i];
		if (it->state == ITEM_PICKED) {
			it->state = ITEM_RUNNING;
			it->started = true;
			f->ops->start(f, it);
		} else if (it->state == ITEM_PUT_OFF) {
			bool in_doubt = it->in_doubt;
			it->state = ITEM_RUNNING;
			flow_schedule(f, it, it->due);
			set_doubt(f, it, in_doubt);
		} else if (it->state == ITEM_ENDED) {
			item_free(f, it, true);
		}
	}
}

/*
 * One round of starts. An item that prepare() puts off is not looked at again
 * in the same round, however slow the ledger is: ready() could end it.
 */
static void
start_ready(struct flow *f)
{
	size_t n = 0;
	while (pick(f, n)) {
		struct item *it = f->picked[n++];
		if (f->ops->prepare)
			f->ops->prepare(f, it);
	}
	if (n)
		commit(f);
	start_picked(f, n);
}

/* When something of ours is next due, apart from what the transport and the descriptors bring. */
static int64_t
wake_at(struct flow *f)
{
	int64_t at = progress_due(&f->progress), now = clock_now();
	if (f->queue_n && slot_free(f)) {
		int64_t due = f->queue[0]->due;
		if (f->pace && due <= now) {
			due = pace_next(f->pace, now);
			/* another process may lengthen a shared pause: look again */
			if (f->pace->fd >= 0 && due - now > SECOND)
				due = now + SECOND;
		}
		at = due < at ? due : at;
	}
	return at;
}

/* When the next item in doubt is asked about. */
static int64_t
doubt_due(const struct flow *f)
{
	int64_t due = NEVER;
	for (size_t i = 0; f->counts.in_doubt && i < f->queue_n; i++)
		if (f->queue[i]->in_doubt && f->queue[i]->due < due)
			due = f->queue[i]->due;
	return due;
}

/* Nothing but items in doubt is left, for a while: without a word this looks like a run that hangs. */
static void
tell_of_doubt(struct flow *f)
{
	int64_t now = clock_now();
	if (!f->counts.in_doubt || f->counts.in_doubt < open_items(f) || !f->counts.all_read || f->progress.on ||
	    (f->told_of_doubt && now - f->told_of_doubt < TELL_SECONDS * SECOND) || doubt_due(f) - now < 2 * SECOND)
		return;
	f->told_of_doubt = now;
	f->counts.ask_at = doubt_due(f);
	progress_doubt(&f->counts);
}

/* The end of a throttle's pause, or 0. */
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
			msg_warn("stopping: letting running work finish (press Ctrl-C again to stop it now)");
		/* nobody types the rest of the input, and a second stop does not wait for it */
		if (f->stop_count > 1 || isatty(f->in.fd))
			f->counts.all_read = true;
		f->ops->stop(f, (int)f->stop_count);
	}
}

/* A video or UTF-16 instead of a list: one message, not one for each of its lines. */
static void
refuse_no_text(struct flow *f)
{
	const char *why = f->text && !f->looked ? line_no_text(&f->in) : NULL;
	f->looked = true;
	if (!why)
		return;
	msg_error("line 1: stdin is %s", why);
	f->in.held.n = 0;
	f->counts.all_read = true;
	flow_stop(f, EXIT_SOME_FAILED);
}

static void
read_input(struct flow *f)
{
	f->need_input = false;
	if (lines_fill(&f->in) == 0) {
		refuse_no_text(f);
		return;
	}
	msg_error("stdin: %s", strerror(errno));
	f->counts.all_read = true;
	flow_stop(f, EXIT_IO);
}

static void
wait_for_events(struct flow *f)
{
	bool want_input = may_admit(f) && f->need_input, more = may_admit(f) && !f->need_input;
	struct pollfd fds[] = {
		{.fd = want_input ? f->in.fd : -1, .events = POLLIN},
		{.fd = sig_fd(), .events = POLLIN},
		{.fd = f->stdout_closed ? -1 : f->out.fd}, /* POLLERR: the reader of our pipe has gone */
	};
	f->ops->wait(f, fds, sizeof fds / sizeof *fds, more ? 0 : wake_at(f));
	handle_signals(f);
	if (want_input && fds[0].revents)
		read_input(f);
	if (!f->stdout_closed && fds[2].revents & (POLLERR | POLLNVAL)) {
		f->stdout_closed = true;
		flow_stop(f, EXIT_IO);
	}
}

static bool
finished(const struct flow *f)
{
	return open_items(f) == 0 && (f->counts.all_read || f->stdout_closed);
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

/* A shell's pipe has the status of its last command: when one before it fails, no line comes. */
static void
check_read(struct flow *f)
{
	if (!f->must_read || f->counts.in || f->status)
		return;
	msg_error("no line came in: what stands before this in the pipe has failed, or had none to give");
	flow_stop(f, EXIT_SOME_FAILED);
}

int
flow_run(struct flow *f)
{
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
	commit(f);
	if (f->ops->finish)
		f->ops->finish(f);
	check_read(f);
	progress_end(&f->progress, &f->counts);
	return exit_status(f);
}

void
flow_free(struct flow *f)
{
	while (f->all)
		item_free(f, f->all, true);
	lines_free(&f->in);
	reorder_free(&f->out);
	free(f->queue);
	free(f->picked);
}
