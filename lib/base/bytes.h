/* Numbers of bytes, as people write and read them. */
#ifndef TC_BASE_BYTES_H
#define TC_BASE_BYTES_H

#include <stdint.h>

#include "base/buf.h"

/* An OPT_CALL: 1500, 64K, 10M, 1.5G, 2T (powers of 1024; KiB, MB and the like are taken too). to is an int64_t. */
const char *bytes_option(void *to, const char *value);

/* Appends 512 B, 3.1 KiB, 88 GiB: three digits at most, and a unit. */
void bytes_show(struct buf *b, double n);

/* Appends 3.1/88 GiB: the first in the unit of the second. */
void bytes_show_of(struct buf *b, double n, double of);

#endif
