/*
 * How many may run at once: a fixed number, one that finds itself (additive
 * increase, multiplicative decrease), and after a throttle a slow start. Where
 * the system has no room for as many, fewer, until there is room again.
 */
#ifndef TC_POOL_CONCURRENCY_H
#define TC_POOL_CONCURRENCY_H

#include <stdbool.h>
#include <stddef.h>

struct concurrency {
	bool automatic;
	bool given;        /* on the command line */
	size_t min, max;   /* of what finds itself; max of any is what it grows back to */
	size_t jobs;       /* what the user gave, or what was found */
	size_t now;        /* less than jobs during a slow start */
	size_t good;       /* successes since it last grew */
	size_t lowest;     /* what the system was seen to have room for, 0: for all */
};

/* An OPT_CALL for -j N | auto[:MIN..MAX]; to is a struct concurrency. */
const char *concurrency_option(void *to, const char *value);

/* The system has no room for more than n: no more than that for now. True if it never was so few. */
bool limit_squeezed(struct concurrency *l, size_t n);

/* The user asks for as many more (or fewer) at once, counted from n; never less than one. */
void limit_move(struct concurrency *l, size_t n, int by);

/* A new throttle began: start over, carefully. */
void concurrency_throttled(struct concurrency *l);

/* A child that began after the last throttle was not refused. */
void concurrency_accepted(struct concurrency *l);

#endif
