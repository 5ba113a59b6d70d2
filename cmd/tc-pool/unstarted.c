/*
 * A child that could not be started. Nothing was done for its line, so the line
 * does not fail for good: it waits for resources, or for the command to
 * reappear, and if that takes too long, another run can do it.
 */
#include "pool.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"

#define RETRY_WAIT (100 * MILLISECOND)
#define GONE_MAX (10 * SECOND)

/* Return true for a lack of resources that the end of other children may give back. */
static bool
wants_room(int e)
{
	return e == EAGAIN || e == ENOMEM || e == EMFILE || e == ENFILE || e == ENOSPC;
}

/* Return true for errors of a path, which is the line's own where the command has a placeholder. */
static bool
no_such_command(int e)
{
	return e == ENOENT || e == ENOTDIR || e == EACCES || e == ENOEXEC || e == ELOOP ||
	       e == ENAMETOOLONG;
}

/*
 * Return true if the command could never be executed: it has no interpreter
 * line, or its interpreter is missing.
 */
static bool
is_no_program(const struct pool *p, int e)
{
	return !p->started && p->path &&
	       (e == ENOEXEC || (e == ENOENT && access(p->path, F_OK) == 0));
}

static void
give_up(struct pool *p, struct job *j, const char *path, int e, int status)
{
	struct buf why = {0};
	buf_fmt(&why, "%s: %s", path, strerror(e));
	if (!p->flow.stopping)
		msg_error("%s: stopped%s", buf_cstr(&why),
			  status == EXIT_TRY_AGAIN ? ". Run the lines that are not ok again" : "");
	flow_stop(&p->flow, status);
	outcome_fail(p, j, NULL, "unavailable", true, buf_cstr(&why));
	buf_free(&why);
}

static void
not_now(struct pool *p, struct job *j, const char *path, int e)
{
	size_t others = p->children.n;
	int64_t now = clock_now(),
		most = p->options.max_throttle < GONE_MAX ? p->options.max_throttle : GONE_MAX;
	if (is_no_program(p, e)) {
		give_up(p, j, path, e, EXIT_BAD_USAGE);
		return;
	}
	if (wants_room(e) && others) {
		if (concurrency_squeezed(&p->limit, others))
			msg_warn("%s: running at most %zu at a time until there is room again",
				 strerror(e), others);
	} else {
		if (!p->unstarted)
			p->unstarted = now;
		if (now - p->unstarted >= most) {
			give_up(p, j, path, e, EXIT_TRY_AGAIN);
			return;
		}
		p->start_next = now + RETRY_WAIT;
	}
	j->unstarted = e;
	pool_later(p, j, now + RETRY_WAIT);
}

void
outcome_no_room(struct pool *p, struct job *j, int e)
{
	not_now(p, j, "ledger", e);
}

void
outcome_spawn_failed(struct pool *p, struct job *j, const char *path, int e)
{
	j->attempts--;
	if (e == E2BIG) {
		outcome_fail(p, j, NULL, "invalid_input", false,
			     "the arguments are too long for the system: a command without "
			     "placeholders gets the line on stdin");
	} else if (!p->path && no_such_command(e)) {
		struct child_exit end = {.exited = true,
					 .status = e == ENOENT || e == ENOTDIR ? 127 : 126};
		j->attempts++;
		p->scratch.n = 0;
		buf_fmt(&p->scratch, "%s: %s", path, strerror(e));
		end.errors = buf_all(&p->scratch);
		outcome_judge(p, j, &end);
	} else {
		not_now(p, j, path, e);
	}
}

void
pool_started(struct pool *p, struct job *j)
{
	p->started = true;
	p->unstarted = 0;
	j->unstarted = 0;
}
