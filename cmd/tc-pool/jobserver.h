/*
 * make's jobserver: a pipe (or fifo) with a byte for each job that may run
 * besides the one every process may run anyway. GNU make manual, "Job Slots".
 */
#ifndef TC_POOL_JOBSERVER_H
#define TC_POOL_JOBSERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct jobserver {
	int in, out;       /* in: our own description, non-blocking; -1: no tokens to be had */
	struct buf tokens; /* those held, to be given back as they are */
};

enum jobserver_found {
	JOBSERVER_NONE,    /* make is not above us, or runs one job at a time */
	JOBSERVER_OPEN,
	JOBSERVER_CLOSED,  /* there is one, but it is not passed on to us */
};

/* Looks for one in makeflags (MAKEFLAGS' value, NULL: unset). */
enum jobserver_found jobserver_open(struct jobserver *js, const char *makeflags);

/* True if makeflags say that nothing is to be run: make -n, -q or -t. */
bool jobserver_dry(const char *makeflags);

/* Takes a token; false if there is none now. */
bool jobserver_take(struct jobserver *js);

/* Gives one of the held tokens back, or all. */
void jobserver_give(struct jobserver *js);
void jobserver_give_all(struct jobserver *js);
void jobserver_close(struct jobserver *js);

#endif
