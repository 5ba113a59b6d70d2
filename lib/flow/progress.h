/*
 * Progress of a run on stderr: redrawn in place on a terminal, elsewhere a
 * plain line every ten seconds, and the summary at the end.
 */
#ifndef TC_FLOW_PROGRESS_H
#define TC_FLOW_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum progress_when { PROGRESS_NEVER, PROGRESS_AUTO, PROGRESS_ALWAYS };

/* Bytes that are moved, for tools that say how far they are in files and bytes. */
struct transfers {
	bool on;          /* the tool says it so */
	size_t done, all; /* files, where an item can have several; all 0: each item is one */
	int64_t bytes,
		of; /* of those files, moved or there already; of: those of all, 0 if not known */
	int64_t moved; /* bytes that this run has moved itself: speed and time left are told from
			  them */
};

struct counts {
	size_t in, ok, failed, not_attempted;
	size_t temporary;             /* of the failed: those that may do better later */
	size_t running, waiting;      /* under way: with a request or child now, and without */
	size_t in_doubt;              /* of the waiting: those whose outcome is not known yet */
	size_t worked;                /* of those that ended: those that this run has started */
	size_t replayed, replayed_ok; /* of those that ended: those that came out of the ledger */
	size_t created;               /* jobs that were made */
	bool creates;   /* the tool makes jobs: the tally of a resumed run says how many */
	int64_t ask_at; /* when the first of them is asked about, monotonic */
	double percent; /* of those under way: how far they are, summed, as far as they say */
	bool remote;    /* what is under way are jobs of a service: `going` of them run there, the
			   others are queued */
	size_t going;
	double billable; /* minutes that the service bills, of the jobs that have ended */
	bool all_read;   /* no more input will come */
	struct transfers files;
};

struct progress {
	bool terminal, on;
	int64_t started, next;
	int64_t began;   /* when the first item was started, 0: none yet */
	int64_t busy_at; /* when something was last under way */
	bool resume_said;
	int64_t moved_at, moved; /* when the speed was last taken, and what had been moved then */
	double speed;            /* bytes a second */
};

/* An OPT_CALL for --progress[=auto|always|never]; to is an enum progress_when. */
const char *progress_option(void *to, const char *value);

void progress_init(struct progress *p, enum progress_when when);

/* When it next wants to print; NEVER if it does not. */
int64_t progress_due(const struct progress *p);

/* Prints if it is time. blocked_until: a throttle's end, or 0. */
void progress_show(struct progress *p, const struct counts *c, int64_t now, int64_t blocked_until);

/* One line at once: SIGUSR1. */
void progress_now(struct progress *p, const struct counts *c, int64_t blocked_until);

/* The terminal has another width: draw anew. */
void progress_resized(struct progress *p);

/* Warns of what is in doubt, and when it is asked about. */
void progress_doubt(const struct counts *c);

/* Says "40 already done, 152 to do", once, when all lines were read soon after the start. */
void progress_resume(struct progress *p, const struct counts *c, int64_t now);

/* Takes the live line away and prints the tally: "500 in: 480 ok, 12 failed, 8 not attempted". */
void progress_end(struct progress *p, const struct counts *c);

#endif
