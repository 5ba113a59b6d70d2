/* Dates in the JSON that the services write. */
#ifndef TC_SERVE_WHEN_H
#define TC_SERVE_WHEN_H

#include <stdint.h>

#include "base/buf.h"

/* Add a member to the JSON object being written: RFC 3339 with milliseconds, or null for 0. */
void when_json(struct buf *b, const char *name, int64_t wall);

#endif
