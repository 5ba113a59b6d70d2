/*
 * What must not outlive us, whatever ends us: process groups to end and
 * jobserver tokens to give back. A small process watches a pipe that only we
 * hold; when it closes and something is still in the table it shares with us,
 * we were killed. Keeping the table costs no system call.
 */
#ifndef TC_PROC_WATCHDOG_H
#define TC_PROC_WATCHDOG_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Starts it, once; later calls do nothing. token_fd: where tokens are given
 * back, or -1. Without it (no memory, no process) all else works.
 */
void watchdog_start(int token_fd);

/* A group that runs: its place in the table, for watchdog_remove_group(). */
size_t watchdog_add_group(pid_t group);
void watchdog_remove_group(size_t place);

/* A token is taken; the one taken last is given back. */
void watchdog_add_token(char token);
void watchdog_remove_token(void);

/* Ends it, and waits until it has gone. */
void watchdog_stop(void);

#endif
