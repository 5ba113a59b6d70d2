/* The end of what a command said on stderr, without the progress that it drew over itself with \r. */
#ifndef TC_BASE_TAIL_H
#define TC_BASE_TAIL_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Takes out, in place, the lines that a later one was drawn over; returns the
 * new length. The last line may go on with what is read next, and stays what
 * it is.
 */
size_t tail_settle(char *p, size_t n);

/* Appends the last whole lines of s that fit into max bytes, or the end of a long one, each line end a \n. */
void tail_lines(struct buf *out, struct span s, size_t max);

#endif
