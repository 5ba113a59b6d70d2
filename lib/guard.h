/*
 * What must not outlive us, whatever ends us: process groups to end and
 * jobserver tokens to give back. A small process watches a pipe that only we
 * hold; when it closes and something is still in the table it shares with us,
 * we were killed. Keeping the table costs no system call.
 */
#ifndef TC_GUARD_H
#define TC_GUARD_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Starts it, once; later calls do nothing. token_fd: where tokens are given
 * back, or -1. Without it (no memory, no process) all else works.
 */
void guard_start(int token_fd);

/* A group that runs: its place in the table, for guard_forget(). */
size_t guard_group(pid_t group);
void guard_forget(size_t place);

/* A token is taken; the one taken last is given back. */
void guard_token(char token);
void guard_untoken(void);

/* Ends it, and waits until it has gone. */
void guard_end(void);

#endif
