/*
 * How many children may run at a time: a fixed number, or one that adapts
 * (additive increase, multiplicative decrease). A throttle begins a slow
 * start, and a lack of resources lowers the number until there is room again.
 */
#ifndef TC_POOL_CONCURRENCY_H
#define TC_POOL_CONCURRENCY_H

#include <stdbool.h>
#include <stddef.h>

struct concurrency {
	bool automatic;
	bool given;      /* given on the command line */
	size_t min, max; /* range of an adaptive number; max is also what any grows back to */
	size_t jobs;     /* the number given, or found */
	size_t now;      /* less than jobs during a slow start */
	size_t good;     /* successes since it last grew */
	size_t lowest;   /* the smallest number that the system had room for; 0: no limit */
};

/*
 * Parse the value of an OPT_CALL: -j N
 *
 * auto[:MIN..MAX]; to: struct concurrency.
 */
const char *concurrency_option(void *to, const char *value);

/*
 * Lower the number to n, because the system has no room for more. Return true
 * if it was never so low.
 */
bool concurrency_squeezed(struct concurrency *l, size_t n);

/* Change the number by `by`, counted from n, as the user asked; never below one. */
void concurrency_move(struct concurrency *l, size_t n, int by);

/* Begin a slow start, because a new throttle began. */
void concurrency_throttled(struct concurrency *l);

/* Grow, because a child that began after the last throttle was not refused. */
void concurrency_accepted(struct concurrency *l);

#endif
