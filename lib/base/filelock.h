/*
 * Locks on bytes of a file, held by the open file, not by the process: a child
 * that inherits the descriptor holds them too, and they end with the last
 * holder, however it ends. (F_OFD_SETLK of POSIX.1-2024; where there is none,
 * the locks are the process's own and no child shares them.)
 */
#ifndef TC_BASE_FILELOCK_H
#define TC_BASE_FILELOCK_H

#include <stdbool.h>
#include <sys/types.h>

/* Take byte `at` for ourselves alone, waiting for it. -1 with errno. */
int filelock_wait(int fd, off_t at);

/* The same without waiting: 1 taken, 0 somebody has it, -1 with errno. */
int filelock_try(int fd, off_t at);
void filelock_drop(int fd, off_t at);

#endif
