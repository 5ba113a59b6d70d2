/* Characters of JSON, for the scanner and the readers. Private to lib/json. */
#ifndef TC_JSON_CHAR_H
#define TC_JSON_CHAR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/space.h"
#include "json/json.h"

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline const char *
skip_space(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

/* Return the value of four hex digits at p, or -1. */
static inline int
hex4(const char *p, const char *end)
{
	int v = 0;
	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int d = is_digit(c)            ? c - '0'
			: c >= 'a' && c <= 'f' ? c - 'a' + 10
			: c >= 'A' && c <= 'F' ? c - 'A' + 10
					       : -1;
		if (d < 0)
			return -1;
		v = v * 16 + d;
	}
	return v;
}

/* Return the low surrogate that is escaped at p, \uDC00 to \uDFFF, or -1. */
static inline int
low_surrogate(const char *p, const char *end)
{
	int v = end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? hex4(p + 2, end) : -1;
	return v >= 0xdc00 && v < 0xe000 ? v : -1;
}

/*
 * Return true if all eight bytes may be in a string as they are, and are
 * ASCII: none has bit 7, or gets it when 0x20 is subtracted (a control), or
 * when 1 is, after the quote or the backslash were made 0. A borrow only
 * reaches bytes after one that is not.
 */
static inline bool
eight_plain(const char *p)
{
	const uint64_t each = 0x0101010101010101u;
	uint64_t w;
	memcpy(&w, p, sizeof w);
	return !((w | (w - each * 0x20) | ((w ^ each * '"') - each) | ((w ^ each * '\\') - each)) &
		 each * 0x80);
}

/* Store the value in the entry of want, of n, that has this key, if one does; for json_pick(). */
void pick_note(struct json_pick *want, size_t n, struct span key, struct span value);

/* Return true if the escaped member name reads as name. */
bool key_is(struct span key, struct span name);

/* Return true if both escaped member names read the same. */
bool key_same(struct span a, struct span b);

#endif
