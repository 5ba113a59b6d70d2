/* The attempts of an item: the flow's operations, and the events of children. */
#include "pool.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/findpath.h"
#include "base/msg.h"
#include "base/sig.h"

/* An item that is already done takes no slot; one that cannot be started now waits. */
static bool
ready(struct flow *f, struct item *it)
{
	struct pool *p = f->tool;
	struct job *j = (struct job *)it;
	if (resume_known(p, j))
		return false;
	if (clock_now() >= p->start_next)
		return true;
	flow_schedule(f, it, p->start_next);
	return false;
}

static void
prepare(struct flow *f, struct item *it)
{
	struct pool *p = f->tool;
	struct job *j = (struct job *)it;
	int err = resume_begin(p, j);
	if (err)
		outcome_no_room(p, j, err);
}

/* Return the command's stdin: the line and a line end, unless it has placeholders. */
static struct span
to_feed(struct pool *p, const struct job *j)
{
	if (p->command.fills)
		return (struct span){0};
	p->scratch.n = 0;
	buf_span(&p->scratch, j->it.line);
	buf_ch(&p->scratch, '\n');
	return buf_all(&p->scratch);
}

static void
spawn(struct pool *p, struct job *j)
{
	struct input in;
	input_read(&in, p, &j->it);
	command_fill(&p->command, &in.line,
		     &p->filled); /* pool_admit() checked that it can be filled in */
	input_free(&in);
	char *const *envp = env_for(&p->env, j->it.index, j->attempts, j->key, j->gen);
	p->children.keep = j->lock_fd;
	char *found = p->path ? NULL : find_command(p->filled.argv[0]);
	const char *path = p->path ? p->path : found;
	struct child *ch = NULL;
	if (path)
		ch = children_start(&p->children, path, p->filled.argv, envp, to_feed(p, j), false,
				    p->options.timeout);
	int err = errno;
	if (ch) {
		ch->owner = j;
		pool_started(p, j);
	} else {
		outcome_spawn_failed(p, j, p->filled.argv[0], err);
	}
	free(found);
}

static void
start(struct flow *f, struct item *it)
{
	struct pool *p = f->tool;
	struct job *j = (struct job *)it;
	j->tried = clock_now();
	if (j->attempts++ == 0)
		j->began = clock_now();
	if (p->options.copies)
		coprocess_start(p, j);
	else
		spawn(p, j);
}

static void
abandon(struct flow *f, struct item *it, bool interrupted)
{
	struct pool *p = f->tool;
	struct job *j = (struct job *)it;
	struct failure e = {0};
	if (resume_known(p, j))
		return;
	if (p->throttle_exceeded && j->throttled) {
		failure_set(&e, "throttled", true,
			    "too many requests, for longer than --max-throttle allows");
		e.retry_after = j->asked > 0 ? j->asked : 0;
	} else if (j->unstarted) {
		failure_set(&e, "unavailable", true, "it could not be started: %s",
			    strerror(j->unstarted));
	} else if (j->attempts) {
		failure_set(&e, "interrupted", true, "%s while it waited for its next try",
			    interrupted ? "stopped by a signal" : "the run stopped");
	} else {
		failure_set(&e, "not_attempted", f->status != EXIT_REFUSED, "%s before its turn",
			    interrupted ? "stopped by a signal" : "the run stopped");
	}
	result_plain(p, j, &e);
	failure_free(&e);
}

static void
stop(struct flow *f, int times)
{
	struct pool *p = f->tool;
	if (times < 2)
		return;
	p->ending = true;
	children_end(&p->children);
	jobserver_give_all(&p->tokens); /* a third signal would leave no time for it */
}

static void
wait_for_news(struct flow *f, struct pollfd *fds, nfds_t n, int64_t until)
{
	struct pool *p = f->tool;
	struct pollfd all[8];
	nfds_t k = n;
	memcpy(all, fds, n * sizeof *fds);
	int64_t token_due = slots_token_due(p);
	if (token_due <= clock_now()) {
		if (jobserver_take(&p->tokens))
			until = 0;
		else
			all[k++] = (struct pollfd){.fd = p->tokens.in, .events = POLLIN};
	} else if (token_due < until) {
		until = token_due;
	}
	if (held_due(p) < until)
		until = held_due(p);
	children_wait(&p->children, all, k, until);
	memcpy(fds, all, n * sizeof *fds);
	held_look(p);
}

/* Handle SIGURG and SIGUSR2 (one more, one fewer at a time) and ^Z. */
static void
heed_signals(struct flow *f, const struct sig_pending *news)
{
	struct pool *p = f->tool;
	if (news->more && !p->options.dry_run) {
		concurrency_move(&p->limit, p->tokens.in < 0 ? p->limit.jobs : slots_now(p),
				 news->more);
		msg_line("running at most %zu at a time", p->limit.jobs);
	}
	if (news->suspend && !p->options.dry_run)
		children_suspend(&p->children);
	else if (news->suspend)
		sig_suspend();
}

static void
release(struct flow *f, struct item *it)
{
	(void)f;
	buf_free(&((struct job *)it)->held);
}

static void
commit(struct flow *f)
{
	struct pool *p = f->tool;
	if (p->book.ledger)
		ledger_commit(p->book.ledger);
}

static size_t
slots(struct flow *f)
{
	return slots_now(f->tool);
}

static void
finish(struct flow *f)
{
	struct pool *p = f->tool;
	result_warn_empty(p);
	if (p->options.copies)
		coprocess_close_all(p);
}

const struct flow_ops pool_ops = {
	.item_size = sizeof(struct job),
	.admit = pool_admit,
	.pass_over = pool_pass_over,
	.ready = ready,
	.prepare = prepare,
	.start = start,
	.abandon = abandon,
	.commit = commit,
	.slots = slots,
	.finish = finish,
	.wait = wait_for_news,
	.stop = stop,
	.heard = heed_signals,
	.release = release,
};

static void
child_ended(struct children *c, struct child *ch)
{
	struct pool *p = c->tool;
	struct job *j = ch->owner;
	struct child_exit e = child_exit_of(ch);
	if (ch->stopped && !ch->stop_requested)
		pool_wants_terminal(p, j, &e, ch->stopped);
	else if (ch->overflowed)
		outcome_fail(p, j, &e, "bad_response", false, "it printed more than 32 MiB");
	else if (ch->stop_requested && !ch->timed_out && classify_exit(&p->rules, &e) != CLASS_OK)
		outcome_fail(p, j, &e, "interrupted", true, "ended because the run was stopped");
	else
		outcome_judge(p, j, &e);
}

/* Log complete lines of a child's stderr as they arrive (-v). */
static void
log_stderr(const struct child *ch, size_t n)
{
	const struct job *j = ch->owner;
	const char *end = ch->errors.p + ch->errors.n, *from = end - n, *nl;
	/* the line may have begun in an earlier read */
	while (from > ch->errors.p && from[-1] != '\n')
		from--;
	for (; (nl = memchr(from, '\n', (size_t)(end - from))); from = nl + 1)
		if (j)
			msg_debug("line %zu: %.*s", j->it.index + 1, (int)(nl - from), from);
		else
			msg_debug("%.*s", (int)(nl - from), from);
}

static void
heard(struct children *c, struct child *ch, bool errors, size_t n)
{
	struct pool *p = c->tool;
	if (errors && p->options.verbose && !p->options.raw)
		log_stderr(ch, n);
	else if (!errors && p->options.copies)
		coprocess_output(p, ch);
}

static void
ended(struct children *c, struct child *ch)
{
	struct pool *p = c->tool;
	if (p->options.copies)
		coprocess_exited(p, ch);
	else
		child_ended(c, ch);
}

void
pool_children(struct pool *p)
{
	children_init(&p->children);
	p->children.tool = p;
	p->children.ended = ended;
	p->children.heard = heard;
	p->children.settle = !p->options.raw;
	if (p->options.raw)
		p->children.errors_keep = 16 << 20;
}
