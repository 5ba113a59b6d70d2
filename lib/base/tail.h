/* The end of a command's stderr, without progress that was overwritten with \r. */
#ifndef TC_BASE_TAIL_H
#define TC_BASE_TAIL_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Remove, in place, the lines that a later one overwrote. Return the new
 * length. The last line may continue with the next read and stays as it is.
 */
size_t tail_settle(char *p, size_t n);

/*
 * Append the last whole lines of s that fit into max bytes, or the end of a
 * longer one. Each line ends with \n.
 */
void tail_lines(struct buf *out, struct span s, size_t max);

/* Return the last line that is not blank, without white space at its ends. Borrowed from s. */
struct span tail_last_line(struct span s);

#endif
