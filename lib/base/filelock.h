/*
 * Locks on bytes of a file, held by the open file description, not by the
 * process: a child that inherits the descriptor holds them too, and they end
 * when the last holder does. (F_OFD_SETLK of POSIX.1-2024; where it is
 * missing, the locks are the process's own and children do not share them.)
 */
#ifndef TC_BASE_FILELOCK_H
#define TC_BASE_FILELOCK_H

#include <stdbool.h>
#include <sys/types.h>

/* Lock byte `at` exclusively; wait for it. Return 0, or -1 with errno. */
int filelock_wait(int fd, off_t at);

/*
 * Lock byte `at` without waiting. Return 1 if it was locked, 0 if another
 * description holds it, or -1 with errno.
 */
int filelock_try(int fd, off_t at);
void filelock_drop(int fd, off_t at);

#endif
