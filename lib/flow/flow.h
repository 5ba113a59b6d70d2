/*
 * The scheduler: runs at most `jobs` items at a time and prints results in
 * input order. It knows neither HTTP nor processes: a transport below it
 * starts steps and reports their ends, and a tool above it decides what each
 * line does next and what a response means.
 *
 * An item's life: admit() reads its line and either ends it with flow_done()
 * or asks for a turn with flow_schedule(). When its turn has come, and a slot
 * and the pace allow, start() begins its next step. When that has ended, the
 * tool calls flow_done() or flow_schedule() again. Each line gets exactly one
 * flow_done().
 */
#ifndef TC_FLOW_FLOW_H
#define TC_FLOW_FLOW_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/lines.h"
#include "base/sig.h"
#include "flow/item.h"
#include "flow/outcome.h"
#include "flow/pace.h"
#include "flow/progress.h"
#include "flow/reasons.h"
#include "flow/reorder.h"
#include "flow/shard.h"

struct flow;

struct flow_ops {
	size_t item_size; /* size of the tool's struct, which is zeroed */

	/* Admit a new line. */
	void (*admit)(struct flow *f, struct item *it);

	/* A line of another shard: note what later lines depend on, such as repeats. It is freed
	 * then. May be NULL. */
	void (*pass_over)(struct flow *f, struct item *it);

	/*
	 * The item is due: return true to go on to start(), false if it was
	 * ended or scheduled again. May be NULL.
	 */
	bool (*ready)(struct flow *f, struct item *it);

	/*
	 * The item has a slot and starts after the next commit(): write here
	 * what must be durable first. May end or schedule the item. May be
	 * NULL.
	 */
	void (*prepare)(struct flow *f, struct item *it);

	/* Begin the step. */
	void (*start)(struct flow *f, struct item *it);

	/* End an item that will not be started any more. interrupted: by a signal. */
	void (*abandon)(struct flow *f, struct item *it, bool interrupted);

	/*
	 * Make durable what was written since the last call, before anything
	 * starts or is printed. May be NULL.
	 */
	void (*commit)(struct flow *f);

	/*
	 * Sleep until `until` (monotonic), an event on fds, or one of the
	 * transport; then handle what has ended there.
	 */
	void (*wait)(struct flow *f, struct pollfd *fds, nfds_t n, int64_t until);

	/*
	 * A signal asked to stop: the first time let running steps finish, the
	 * second time end them, each with flow_done().
	 */
	void (*stop)(struct flow *f, int times);

	/* Handle signals that the flow does not. May be NULL. */
	void (*heard)(struct flow *f, const struct sig_pending *news);

	/* Return how many items may run now. NULL: f->jobs. */
	size_t (*slots)(struct flow *f);

	/*
	 * Finish: all items have ended and all results are out; the summary
	 * follows. May be NULL.
	 */
	void (*finish)(struct flow *f);

	/* Free what the tool keeps in the item. May be NULL. */
	void (*release)(struct flow *f, struct item *it);
};

struct flow {
	const struct flow_ops *ops;
	void *tool; /* for the tool */
	struct lines in;
	struct reorder out;
	struct pace *pace; /* or NULL */
	void (*held)(struct flow *f,
		     int64_t at); /* the pace delays a due item until `at`; may be NULL */
	struct progress progress;
	struct counts counts;
	struct reasons reasons;
	size_t jobs;        /* slots: steps that may run at a time */
	size_t window;      /* limit of items admitted and not ended; 0: none */
	struct shard shard; /* which lines of the input are done here */
	size_t ahead;       /* limit of lines read past the oldest result not printed; 0: none */

	struct item **queue; /* waiting items: a heap by due time, then input order */
	size_t queue_n, queue_cap;
	struct item *all; /* all admitted items that have not ended */
	struct item **picked;
	size_t next_index, stop_count;
	int64_t told_of_doubt; /* when a message last said that the rest is in doubt, monotonic */
	size_t aside;          /* items that run outside the slots */
	int signal;            /* that asked to stop; 0: none */
	bool stopping;         /* start nothing more */
	bool must_read;        /* an empty input is a failure */
	bool text;             /* set by the tool: refuse input that is not text */
	bool looked;           /* the beginning of the input was checked for that */
	bool need_input;       /* no whole line was read: read more */
	bool stdout_closed;    /* stdout cannot be written any more */
	int status;            /* exit status of what stopped the run; 0: nothing did */
};

/*
 * Initialize a flow. Its lines are operands (argv style) if there are any,
 * else stdin. jobs and pace may change later.
 */
void flow_init(struct flow *f, const struct flow_ops *ops, void *tool, char **operands);

/* Read far ahead, to count early how much is left to do: an earlier run's ledger is resumed. */
void flow_resumed(struct flow *f);

/* Run to the end. Return the exit status that tc(7) documents. */
int flow_run(struct flow *f);
void flow_free(struct flow *f);

/* End the item with this output line (copied). */
void flow_done(struct flow *f, struct item *it, struct span line, enum outcome outcome);

/*
 * Mark the item's result as read from the ledger, before flow_done(), for the
 * tally and the estimate of the time left.
 */
void flow_replayed(struct item *it);

/*
 * Schedule the item's next turn at `due`, monotonic; 0: immediately, before
 * items that were admitted later. Its slot is released.
 */
void flow_schedule(struct flow *f, struct item *it, int64_t due);

/* Schedule an item that is in doubt: it does not count for the window, and progress shows it. */
void flow_doubtful(struct flow *f, struct item *it, int64_t due);

/*
 * Let the item run on under a limit of the tool's own: it has no slot, waits
 * for no pace and is not abandoned, until flow_done() or flow_schedule().
 */
void flow_aside(struct flow *f, struct item *it);

/*
 * Start nothing more, and abandon the items that are not running. status: the
 * exit status; 0: from the outcomes.
 */
void flow_stop(struct flow *f, int status);

#endif
