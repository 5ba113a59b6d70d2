/* UTF-8 (RFC 3629). */
#ifndef TC_BASE_UTF8_H
#define TC_BASE_UTF8_H

#include <stddef.h>

/* Return the length, 1 to 4, of the character at p, or 0 if the n bytes there do not begin with
 * one. */
size_t utf8_length(const char *p, size_t n);

#endif
