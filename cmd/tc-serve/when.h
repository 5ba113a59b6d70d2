/* Dates as the services write and read them. Wall time in microseconds since 1970. */
#ifndef SERVE_WHEN_H
#define SERVE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

/* Appends RFC 3339 in UTC with milliseconds: 2026-02-28T10:00:00.000Z. */
void when_iso(struct buf *b, int64_t wall);

/* Adds a member to the JSON object being written: that, or null for 0. */
void when_json(struct buf *b, const char *name, int64_t wall);

/*
 * Reads a date (2026-02-28: midnight) or a date and time, with a fraction and
 * Z or an offset (none means UTC). False, *wall untouched, if it is none.
 */
bool when_parse(const char *text, int64_t *wall);

/* Appends the IMF-fixdate of RFC 9110 section 5.6.7: Sun, 06 Nov 1994 08:49:37 GMT. */
void when_http(struct buf *b, int64_t wall);

#endif
