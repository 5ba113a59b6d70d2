/* The terminal that several tools of a pipeline share: who draws on it, and how wide it is. */
#ifndef TC_BASE_TERMINAL_H
#define TC_BASE_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Say whether this process may draw on the terminal fd, and keep the place for
 * it. One process draws at a time: of those that are `busy` the one with the
 * highest process id, which in a shell's pipeline is the last stage; of none
 * that is, the same among the others. Call it before each drawing. The place
 * is given back by the system when the process ends. Where the system locks
 * no terminals, the process draws if its stdout is no pipe.
 */
bool terminal_mine(int fd, bool busy);

/* Return true if stdin or stdout is a pipe to another process. */
bool terminal_in_pipe(void);

/* Return the columns of the terminal fd now, 80 where it does not say. */
size_t terminal_columns(int fd);

#endif
