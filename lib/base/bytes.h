/* Numbers of bytes, as people write and read them. */
#ifndef TC_BASE_BYTES_H
#define TC_BASE_BYTES_H

#include <stdint.h>

#include "base/buf.h"

/*
 * Parse the value of an OPT_CALL: 1500, 64K, 10M, 1.5G, 2T (powers of 1024; KiB, MB and the
 * like too). to: int64_t.
 */
const char *bytes_option(void *to, const char *value);

/* Append 512 B, 3.1 KiB, 88 GiB: at most three digits, and a unit. */
void bytes_show(struct buf *b, double n);

/* Append 3.1/88 GiB: the first in the unit of the second. */
void bytes_show_of(struct buf *b, double n, double of);

#endif
