#include "base/suggest.h"

#include <string.h>

enum { WORD_MAX = 40 };

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Return how many letters must be inserted, deleted, changed or swapped with
 * their neighbor: the optimal string alignment distance (Damerau 1964). Both
 * lengths are at most WORD_MAX.
 */
static unsigned
distance(const char *a, size_t an, const char *b, size_t bn)
{
	unsigned row[3][WORD_MAX + 1];
	for (unsigned j = 0; j <= bn; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= an; i++) {
		unsigned *now = row[i % 3], *before = row[(i + 2) % 3],
			 *two_before = row[(i + 1) % 3];
		now[0] = (unsigned)i;
		for (size_t j = 1; j <= bn; j++) {
			now[j] = before[j - 1] + (a[i - 1] != b[j - 1]);
			now[j] = least(now[j], least(before[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], two_before[j - 2] + 1);
		}
	}
	return row[an % 3][bn];
}

bool
suggest_closer(const char *given, size_t n, const char *word, unsigned *best)
{
	size_t len = strlen(word);
	unsigned d;
	if (n < 2 || n > WORD_MAX || len > WORD_MAX)
		return false;
	d = n < len && memcmp(given, word, n) == 0 ? 1 : distance(given, n, word, len);
	if (d >= *best || (d > 1 && d > (len > n ? len : n) / 3))
		return false;
	*best = d;
	return true;
}
