/* Splits a command in one string into words, without a shell. */
#ifndef TC_BASE_WORDS_H
#define TC_BASE_WORDS_H

#include <stdbool.h>

#include "base/strlist.h"

/*
 * Append the words of text to *words, split at white space, with the quotes of
 * sh(1): '...' as it stands, "..." with backslash before " and backslash, and
 * backslash alone. Return false if a quote is not closed.
 */
bool words_split(const char *text, struct strings *words);

#endif
