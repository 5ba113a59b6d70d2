/* Text and numbers as people read them. */
#ifndef TC_REPORT_TEXT_H
#define TC_REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Append at most three digits after the point, no trailing zeros: 137, 1.6, 0.05. */
void text_number(struct buf *out, double v);

/* Append exactly `digits` digits after the point. */
void text_fixed(struct buf *out, double v, int digits);

/* Append the shortest digits that read as v again. */
void text_exact(struct buf *out, double v);

/* Append 12.50 EUR; small amounts have four digits. */
void text_money(struct buf *out, double v, const char *currency);

/* Append 3.0 s, 1m 15s, 2h 05m, 3d 04h. */
void text_duration(struct buf *out, double seconds);

/* Append 512 B, 1.5 MiB, 3.1 GiB. */
void text_bytes(struct buf *out, double n);

/* Append n with commas: 2,915. */
void text_count(struct buf *out, size_t n);

/* Append a time, seconds since 1970, in UTC and the format of strftime(3). */
void text_time(struct buf *out, const char *format, double at);

/* Append text for HTML. */
void text_html(struct buf *out, const char *text);

/* Return the width of text on a terminal: wide characters take two columns, combining ones none. */
size_t text_width(const char *text);

/* Return an RFC 3339 time in seconds since 1970; NAN for anything else. */
double text_when(const char *text);

/* Return text_when() of member `name` of an object; NAN also if it is missing. */
double text_when_of(struct span object, const char *name);

#endif
