/*
 * make's jobserver: a pipe (or fifo) with a byte for each job that may run
 * besides the first. GNU make manual, "Job Slots".
 */
#ifndef TC_POOL_JOBSERVER_H
#define TC_POOL_JOBSERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct jobserver {
	int in, out;       /* in: our own description, non-blocking; -1: no tokens */
	struct buf tokens; /* tokens held, to be returned unchanged */
};

enum jobserver_found {
	JOBSERVER_NONE, /* not started by make, or make runs one job at a time */
	JOBSERVER_OPEN,
	JOBSERVER_CLOSED, /* make has one, but did not pass it on */
};

/* Open the jobserver that makeflags (the value of MAKEFLAGS; NULL: unset) names. */
enum jobserver_found jobserver_open(struct jobserver *js, const char *makeflags);

/* Return true if makeflags ask to run nothing: make -n, -q or -t. */
bool jobserver_dry(const char *makeflags);

/* Take a token. Return false if no token is free. */
bool jobserver_take(struct jobserver *js);

/* Return one token; return all. */
void jobserver_give(struct jobserver *js);
void jobserver_give_all(struct jobserver *js);
void jobserver_close(struct jobserver *js);

#endif
