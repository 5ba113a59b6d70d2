/* "Did you mean": find the word nearest to a mistyped one. */
#ifndef TC_BASE_SUGGEST_H
#define TC_BASE_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

enum { SUGGEST_NONE = 99 };

/*
 * Return true if word is a better guess at the first n bytes of `given` than
 * the best so far, and set *best, which starts as SUGGEST_NONE, to its
 * distance. A prefix of word counts as one typing error; other words qualify
 * only if at most a third of them is wrong.
 */
bool suggest_closer(const char *given, size_t n, const char *word, unsigned *best);

#endif
