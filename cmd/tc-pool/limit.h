/*
 * How many may run at once: a fixed number, one that finds itself (additive
 * increase, multiplicative decrease), and after a throttle a slow start.
 */
#ifndef TC_POOL_LIMIT_H
#define TC_POOL_LIMIT_H

#include <stdbool.h>
#include <stddef.h>

struct limit {
	bool automatic;
	bool given;        /* on the command line */
	size_t min, max;   /* of what finds itself */
	size_t jobs;       /* what the user gave, or what was found */
	size_t now;        /* less than jobs during a slow start */
	size_t good;       /* successes since it last grew */
};

/* An OPT_CALL for -j N | auto[:MIN..MAX]; to is a struct limit. */
const char *limit_option(void *to, const char *value);

/* A new throttle began: start over, carefully. */
void limit_throttled(struct limit *l);

/* A child that began after the last throttle was not refused. */
void limit_accepted(struct limit *l);

#endif
