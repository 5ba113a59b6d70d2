/*
 * The heart: a bounded set of items in flight, each doing its steps, results
 * in input order. It knows neither HTTP nor processes: a transport under it
 * starts things and says what has ended, a tool above it says what each line
 * asks for next and what an answer means.
 *
 * An item's life: admit() looks at its line and either ends it with
 * flow_done() or asks for a turn with flow_schedule(). When its turn has come and
 * a slot and the pace allow, start() begins its next step; when that has
 * ended the tool says flow_done() or flow_schedule() again. Each line gets
 * exactly one flow_done().
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
#include "flow/reorder.h"

struct flow;

struct flow_ops {
	size_t item_size; /* of the tool's struct, which is zeroed */

	/* A new line. */
	void (*admit)(struct flow *f, struct item *it);

	/* Its due time has come: true to go on to start(), false if it was ended or put off. May be NULL. */
	bool (*ready)(struct flow *f, struct item *it);

	/* It has a slot, and will start after the next commit(): the place to write what must be durable first. May be
	   NULL; may end the item or put it off. */
	void (*prepare)(struct flow *f, struct item *it);

	/* Begin the step. */
	void (*start)(struct flow *f, struct item *it);

	/* It will not be started any more: end it. interrupted: by a signal. */
	void (*abandon)(struct flow *f, struct item *it, bool interrupted);

	/* Make durable what was written since the last call, before anything starts or is printed. May be NULL. */
	void (*commit)(struct flow *f);

	/* Sleep until `until`, an fd, or something of the transport's own; then handle what has ended there. */
	void (*wait)(struct flow *f, struct pollfd *fds, nfds_t n, int64_t until);

	/* A stop was asked for: the first time let what runs finish, the second time end it, each with flow_done(). */
	void (*stop)(struct flow *f, int times);

	/* Signals have come that the flow itself does not know. May be NULL. */
	void (*heard)(struct flow *f, const struct sig_pending *news);

	/* Return how many items may run now. NULL: f->jobs. */
	size_t (*slots)(struct flow *f);

	/* All items have ended and all results are out: the last thing before the summary. May be NULL. */
	void (*finish)(struct flow *f);

	/* Give back what the tool keeps in the item. May be NULL. */
	void (*release)(struct flow *f, struct item *it);
};

struct flow {
	const struct flow_ops *ops;
	void *tool; /* the tool's own */
	struct lines in;
	struct reorder out;
	struct pace *pace; /* NULL: none */
	void (*held)(struct flow *f, int64_t at); /* an item is due, but the pace has it wait until then; may be NULL */
	struct progress progress;
	struct counts counts;
	size_t jobs;   /* slots: steps under way at once */
	size_t window; /* items admitted and not ended, at most; 0: no bound */
	size_t ahead;  /* lines read past the oldest whose result is not out, at most; 0: no bound */

	struct item **queue; /* waiting items, by due time, then input order */
	size_t queue_n, queue_cap;
	struct item *all; /* every admitted item not ended */
	struct item **picked;
	size_t next_index, stop_count;
	int64_t told_of_doubt; /* when people were told that the rest is in doubt, monotonic */
	size_t aside;          /* items that go on outside the slots */
	int signal;            /* that asked to stop, 0: none */
	bool stopping;         /* start nothing more */
	bool must_read;        /* no line at all is a failure */
	bool text;             /* set by the tool: an input that is no text is refused as a whole */
	bool looked;           /* at its beginning */
	bool need_input;       /* no whole line is held: more must be read */
	bool stdout_closed;    /* stdout is gone */
	int status;            /* what stopped it, as an exit status; 0: nothing did */
};

/* Sets up a flow; operands (argv style) or stdin are its lines. jobs and pace may change later. */
void flow_init(struct flow *f, const struct flow_ops *ops, void *tool, char **operands);

/* An earlier run's ledger is gone on with: read far ahead, so that people hear at once how much is left to do. */
void flow_resumed(struct flow *f);

/* Runs to the end; returns the exit status that tc(7) gives for what happened. */
int flow_run(struct flow *f);
void flow_free(struct flow *f);

/* The item ends with this output line (copied). */
void flow_done(struct flow *f, struct item *it, struct span line, enum outcome outcome);

/* The item's result comes out of the ledger: say so before flow_done(), for the tally and the time that is left. */
void flow_replayed(struct item *it);

/* The item wants its (next) turn at `due`, monotonic; 0: at once, before what was admitted later. It gives its slot back. */
void flow_schedule(struct flow *f, struct item *it, int64_t due);

/* The same, for an item that is in doubt: it does not count for the window, and progress says so. */
void flow_doubtful(struct flow *f, struct item *it, int64_t due);

/*
 * The item goes on with something that the tool itself bounds: it has no slot,
 * waits for no pace and is not abandoned. flow_done() or flow_schedule() ends that.
 */
void flow_aside(struct flow *f, struct item *it);

/* Start nothing more; what is not running is abandoned. status: the exit status this means (0: by outcomes). */
void flow_stop(struct flow *f, int status);

#endif
