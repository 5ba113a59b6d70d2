/* "Did you mean": the word nearest to a mistyped one. */
#ifndef TC_BASE_SUGGEST_H
#define TC_BASE_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

enum { SUGGEST_NONE = 99 };

/*
 * Is word a better guess at what was meant by the first n bytes of given than
 * the best so far? If so *best, which starts as SUGGEST_NONE, becomes its
 * distance. A start of word is as near as one typing error; any other word is
 * in question only if a third of it at most is wrong.
 */
bool suggest_closer(const char *given, size_t n, const char *word, unsigned *best);

#endif
