/*
 * Watchdog process: if this process is killed, it terminates the registered
 * process groups and returns the jobserver tokens. It watches a pipe that only
 * we hold; when the pipe closes and the table that it shares with us has
 * entries, we were killed. Keeping the table costs no system call.
 */
#ifndef TC_PROC_WATCHDOG_H
#define TC_PROC_WATCHDOG_H

#include <stddef.h>
#include <sys/types.h>

#include "base/clock.h"

/*
 * The time from TERM to KILL, microseconds, for all who send them: a process
 * may have to release something first, as srun does its allocation.
 */
#define TERM_GRACE (5 * SECOND)

/*
 * Start the watchdog; later calls do nothing. token_fd: where tokens are
 * returned, or -1. If it cannot be started (no memory, no process), everything
 * else works.
 */
void watchdog_start(int token_fd);

/* Register a running group and return its place in the table; remove it by that place. */
size_t watchdog_add_group(pid_t group);
void watchdog_remove_group(size_t place);

/* Register a token that was taken; remove the one registered last. */
void watchdog_add_token(char token);
void watchdog_remove_token(void);

/* Stop the watchdog and wait until it has ended. */
void watchdog_stop(void);

#endif
