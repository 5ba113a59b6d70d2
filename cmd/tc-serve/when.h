/* Dates in the JSON that the services write. */
#ifndef SERVE_WHEN_H
#define SERVE_WHEN_H

#include <stdint.h>

#include "buf.h"

/* Add a member to the JSON object being written: RFC 3339 with milliseconds, or null for 0. */
void when_json(struct buf *b, const char *name, int64_t wall);

#endif
