/* Dates as services and files write them. Wall time in microseconds since 1970. */
#ifndef TC_BASE_DATE_H
#define TC_BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Append RFC 3339 in UTC, to the second: 2026-02-28T10:00:00Z. */
void date_rfc3339(struct buf *b, int64_t wall);

/* Append the same to the millisecond: 2026-02-28T10:00:00.250Z. */
void date_rfc3339_ms(struct buf *b, int64_t wall);

/* Append the IMF-fixdate of RFC 9110, 5.6.7: Sun, 06 Nov 1994 08:49:37 GMT. */
void date_http(struct buf *b, int64_t wall);

/*
 * Read one of the three HTTP dates (IMF-fixdate, RFC 850, asctime). Return wall
 * time, or -1. wall_now: for years of two digits.
 */
int64_t date_parse_http(struct span value, int64_t wall_now);

/*
 * Read RFC 3339: a date (midnight UTC) or a date and time with a fraction and
 * a zone, Z or an offset (missing: UTC). False, *wall untouched, for anything else.
 */
bool date_parse(const char *text, int64_t *wall);

/* Return whether a text that date_parse() reads has a time without a zone. */
bool date_is_local(const char *text);

/* Return the days from 1970-01-01 to a date of the Gregorian calendar; month 1 to 12. */
int64_t date_days(int64_t year, int month, int day);

#endif
