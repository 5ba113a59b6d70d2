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

/* Bytes transferred, for tools whose progress is in files and bytes. */
struct transfers {
	bool on;           /* the tool shows these */
	size_t done, all;  /* files, where an item can have several; all 0: each item is one */
	int64_t bytes, of; /* bytes: of these files, transferred or already there; of: in total, 0
			      if unknown */
	int64_t moved;     /* bytes that this run has transferred: speed and time left follow from
			      them */
};

struct counts {
	size_t in, ok, failed, not_attempted;
	size_t temporary;             /* of the failed: those that may succeed later */
	size_t running, waiting;      /* under way: with a request or child now, and without */
	size_t in_doubt;              /* of the waiting: those whose outcome is unknown */
	size_t worked;                /* of those that ended: those that this run worked on */
	size_t replayed, replayed_ok; /* of those that ended: those taken from the ledger */
	size_t created;               /* jobs that this run created */
	bool creates;   /* the tool creates jobs: the tally of a resumed run gives their number */
	int64_t ask_at; /* when the first of those in doubt is looked up, monotonic */
	double percent; /* sum of the percentages that running jobs report */
	bool remote;    /* running items are jobs of a service: `going` of them run there, the
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
	int64_t moved_at,
		moved; /* when the speed was last measured, and the bytes transferred until then */
	double speed;  /* bytes a second */
};

/* Parse the value of --progress[=auto|always|never], an OPT_CALL; to is an enum progress_when. */
const char *progress_option(void *to, const char *value);

void progress_init(struct progress *p, enum progress_when when);

/* Return when the next line is due; NEVER if none is. */
int64_t progress_due(const struct progress *p);

/* Print a line if one is due. blocked_until: the end of a throttle, or 0. */
void progress_show(struct progress *p, const struct counts *c, int64_t now, int64_t blocked_until);

/* Print a line now: SIGUSR1. */
void progress_now(struct progress *p, const struct counts *c, int64_t blocked_until);

/* Redraw, because the width of the terminal has changed. */
void progress_resized(struct progress *p);

/* Warn of the items in doubt, and say when they are looked up. */
void progress_doubt(const struct counts *c);

/* Print "40 already done, 152 to do", once, if all lines were read soon after the start. */
void progress_resume(struct progress *p, const struct counts *c, int64_t now);

/* Remove the live line and print the tally: "500 in: 480 ok, 12 failed, 8 not attempted". */
void progress_end(struct progress *p, const struct counts *c);

#endif
