#include "http/chunks.h"

#include <ctype.h>
#include <string.h>

/* Read one byte of framing. Return false if it is not valid there. */
static bool
step(struct chunks *k, char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
	if (k->state == CHUNKS_SIZE && digit) {
		k->left = k->left * 16 + (digit - digits);
		return k->left < INT64_C(1) << 48;
	}
	if (k->state == CHUNKS_SIZE && (!c || !strchr(";\r\n", c)))
		return false;
	if (c == '\n' && k->state == CHUNKS_END)
		k->state = CHUNKS_SIZE;
	else if (c == '\n' && k->state != CHUNKS_TRAILER)
		k->state = k->left ? CHUNKS_DATA : CHUNKS_TRAILER;
	else if (k->state == CHUNKS_SIZE)
		k->state = CHUNKS_LINE;
	return true;
}

struct span
chunks_next(struct chunks *k, struct span *from, bool *bad)
{
	while (from->n && k->state != CHUNKS_DATA) {
		if (!step(k, *from->p)) {
			*bad = true;
			return (struct span){0};
		}
		from->p++;
		from->n--;
	}
	struct span piece = {from->p, from->n};
	if ((uint64_t)k->left < piece.n)
		piece.n = (size_t)k->left;
	from->p += piece.n;
	from->n -= piece.n;
	k->left -= (int64_t)piece.n;
	if (!k->left && k->state == CHUNKS_DATA)
		k->state = CHUNKS_END;
	return piece;
}
