/*
 * How far a run is, on stderr: redrawn in place on a terminal, a plain line
 * every ten seconds elsewhere, and the summary that ends every run.
 */
#ifndef TC_FLOW_PROGRESS_H
#define TC_FLOW_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum progress_when { PROGRESS_NEVER, PROGRESS_AUTO, PROGRESS_ALWAYS };

struct counts {
	size_t in, ok, failed, not_attempted;
	size_t temporary;        /* of the failed: those that may do better later */
	size_t running, waiting; /* under way: with a request or child now, and without */
	size_t in_doubt;         /* of the waiting: those whose outcome is not known yet */
	int64_t ask_at;          /* when the first of them is asked about, monotonic */
	double percent;          /* of those under way: how far they are, summed, as far as they say */
	bool all_read;           /* no more input will come */
	bool files;              /* items are files whose bytes are moved: */
	int64_t bytes, bytes_all; /* there, of those that are known of */
	int64_t bytes_moved;     /* by this run */
};

struct progress {
	bool terminal, on;
	int64_t started, next;
	int64_t mark[2], moved[2]; /* two points behind: when, and what had been moved */
};

/* An OPT_CALL for --progress[=auto|always|never]; to is an enum progress_when. */
const char *progress_option(void *to, const char *value);

void progress_init(struct progress *p, enum progress_when when);

/* When it next wants to print; NEVER if it does not. */
int64_t progress_due(const struct progress *p);

/* Prints if it is time. blocked_until: a throttle's end, or 0. */
void progress_show(struct progress *p, const struct counts *c, int64_t now, int64_t blocked_until);

/* One line at once: SIGUSR1. */
void progress_now(const struct counts *c);

/* Warns of what is in doubt, and when it is asked about. */
void progress_doubt(const struct counts *c);

/* Takes the live line away and prints "500 in: 480 ok, 12 failed, 8 not attempted". */
void progress_end(struct progress *p, const struct counts *c);

#endif
