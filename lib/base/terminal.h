/* The terminal that several tools of a pipeline share: which one draws on it, and its width. */
#ifndef TC_BASE_TERMINAL_H
#define TC_BASE_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Return true if this process may draw on the terminal fd. One process draws at
 * a time: the `busy` one with the highest process id, which in a shell's
 * pipeline is the last stage; if no process is busy, the highest of all. Call
 * it before each drawing. The claim ends with the process. Where the system
 * cannot lock terminals, the process draws if its stdout is not a pipe.
 */
bool terminal_mine(int fd, bool busy);

/* Return true if stdin or stdout is a pipe to another process. */
bool terminal_in_pipe(void);

/* Return the present width of the terminal fd, or 80 if it is unknown. */
size_t terminal_columns(int fd);

#endif
