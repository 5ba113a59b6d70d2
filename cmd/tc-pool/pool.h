/* What the files of tc-pool share: the pool, and its item. */
#ifndef TC_POOL_POOL_H
#define TC_POOL_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/seen.h"
#include "base/sig.h"
#include "classify.h"
#include "command.h"
#include "concurrency.h"
#include "env.h"
#include "flow/flow.h"
#include "flow/pace.h"
#include "flow/record.h"
#include "halt.h"
#include "jobserver.h"
#include "proc/child.h"
#include "resume.h"
#include "json/json.h"

/* The values of the options. */
struct pool_options {
	bool null, raw, dry_run, copies, unordered, quiet, verbose;
	long retries, window;
	int64_t timeout, max_throttle;
};

/* Failures that are not final yet, oldest first: held.c. */
struct held_list {
	struct job *first, *last;
	size_t n;
};

/* Copies of a line filter that wait for a line: coprocess.c. */
struct idle_copies {
	struct child **idle;
	size_t n, cap;
	bool out_of_sync; /* one printed an unexpected line: results may be mixed up */
};

/* How many successful commands wrote JSON, text, or nothing: result.c. */
struct printed {
	size_t json, text, empty;
	size_t first_empty; /* index of the first line for which it was nothing */
};

struct pool {
	struct flow flow; /* its tool is this pool */
	struct pool_options options;
	struct pace pace;
	struct children children;
	struct classify_rules rules;
	struct concurrency limit;
	struct jobserver tokens;
	struct halt halt;
	struct seen lines;
	struct env env;
	struct resume book;
	struct command command;
	struct argv_buf filled;
	char *path; /* path of the command, unless its name has a placeholder */
	struct held_list held;
	struct idle_copies copies;
	struct printed printed;

	bool ending; /* running commands were sent a signal: what fails now was interrupted */
	bool throttle_exceeded; /* throttled for longer than --max-throttle */
	bool started;           /* a child was started */
	bool return_warned;     /* the warning about a line that ends in \r was given */
	int64_t unstarted;      /* since when no child can be started; 0: one can */
	int64_t start_next;     /* nothing starts before this */
	struct buf scratch;
};

/* An item of the pool. */
struct job {
	struct item it;
	unsigned attempts, retries;
	int64_t began;     /* the first try */
	int64_t tried;     /* when this try began, monotonic */
	int64_t throttled; /* throttled since then; 0: it is not */
	int64_t asked;     /* delay that the last throttle asked for; -1: none */
	unsigned char key[32];
	int unstarted;   /* errno of why it could not be started; 0: it could */
	bool refused;    /* its key or plan was refused: it is left for another run */
	struct buf held; /* its result until it is final, see held.c */
	int64_t held_until;
	struct job *held_prev, *held_next;
	bool claimed; /* its intent is in the ledger */
	unsigned gen; /* its generation in the ledger */
	int lock_fd;  /* descriptor by which its child holds its lock, or -1 */
};

/* An input line as tc-pool reads it, see input.c. Owns text. */
struct input {
	bool bad; /* why says what is wrong */
	const char *why;
	struct span json; /* of a JSON line: the value; else empty */
	bool passes;      /* a record with "ok":false */
	struct buf text;  /* a JSON string, decoded */
	struct template_args line;
};

/* Read the item's line; free with input_free(). */
void input_read(struct input *in, const struct pool *p, const struct item *it);
void input_free(struct input *in);

/* admit.c. Decide about a line: schedule its item, or end it. */
void pool_admit(struct flow *f, struct item *it);

/* Count a line of another shard that can be run, so that the next one like it is the second. */
void pool_pass_over(struct flow *f, struct item *it);

/* attempt.c: the operations of the flow. */
extern const struct flow_ops pool_ops;

/* Initialize p->children with the functions that handle their events. */
void pool_children(struct pool *p);

/* pool.c. Return how a child ended; borrowed from the child. */
struct child_exit child_exit_of(const struct child *ch);

/* Schedule the item's next turn, and release its lock in the ledger. */
void pool_later(struct pool *p, struct job *j, int64_t due);

/* Return true if a signal asked to stop: from then on a failure may not be the command's own. */
static inline bool
pool_being_stopped(const struct pool *p)
{
	return p->flow.signal || sig_stop_came();
}

/* Stop if as many have failed as --halt allows. */
void pool_check_halt(struct pool *p);

/* End the item: record its result in the ledger, and print it. */
void result_final(struct pool *p, struct job *j, struct span bytes, enum outcome outcome);

/* outcome.c. Act on the end of an attempt: end the item, or schedule it again. */
void outcome_judge(struct pool *p, struct job *j, const struct child_exit *e);

/* Act on an attempt that failed with this code, whatever its exit status says. */
void outcome_fail(struct pool *p, struct job *j, const struct child_exit *e, const char *code,
		  bool temporary, const char *message);

/* For flow.held: stop the run if other processes have paused all for longer than --max-throttle. */
void pool_held(struct flow *f, int64_t at);

/* Fail a job whose child was stopped by SIGTTIN or SIGTTOU, and then terminated. */
void pool_wants_terminal(struct pool *p, struct job *j, struct child_exit *e, int sig);

/* unstarted.c. Act on a child that could not be started, with this errno. */
void outcome_spawn_failed(struct pool *p, struct job *j, const char *path, int err);

/* Put an item off for which there is no descriptor to hold its lock, with this errno. */
void outcome_no_room(struct pool *p, struct job *j, int err);

/* Note that a child was started. */
void pool_started(struct pool *p, struct job *j);

/* held.c. Hold the result of a failed item until it is final. */
void held_add(struct pool *p, struct job *j, struct span result);

/* Return when the next held result becomes final, or NEVER. */
int64_t held_due(const struct pool *p);

/* End the items whose results are final by now. */
void held_look(struct pool *p);

/* slots.c. Return how many children may run at a time, now. */
size_t slots_now(const struct pool *p);

/* Give unused tokens back to make. Return when one more token is needed; NEVER: not now. */
int64_t slots_token_due(struct pool *p);

/* coprocess.c. Give the item's line to an idle copy, or start one. */
void coprocess_start(struct pool *p, struct job *j);

/* Read the output of a copy; act on the end of one. */
void coprocess_output(struct pool *p, struct child *ch);
void coprocess_exited(struct pool *p, struct child *ch);

/* Close the stdin of all copies, so that they end. */
void coprocess_close_all(struct pool *p);

/*
 * result.c. End the item with its result: after a child that succeeded, or failed
 * (own: use the error of the child's own record); without a child; for a record
 * that came in with "ok":false; for a dry run. All release the item.
 */
void result_ok(struct pool *p, struct job *j, const struct child_exit *e);
void result_failed(struct pool *p, struct job *j, const struct child_exit *e, struct failure *why,
		   bool own);
void result_plain(struct pool *p, struct job *j, const struct failure *why);
void result_passed(struct pool *p, struct job *j, const struct input *in);
void result_dry(struct pool *p, struct job *j, const struct input *in);

/* reason.c. Report on stderr why an item failed, as its record says; append hint to the reason. */
void reason_say(struct pool *p, const struct job *j, struct span record, const char *hint);

/* Return a message about line `number` without "line N: " before it. Borrowed. */
struct span reason_without_line(struct span message, size_t number);

/* Warn at the end if commands printed nothing where others printed JSON. */
void result_warn_empty(struct pool *p);

#endif
