/* A growing list of strings: a profile's pointers and words, the words of a command. */
#ifndef TC_BASE_STRLIST_H
#define TC_BASE_STRLIST_H

#include <stdbool.h>
#include <stddef.h>

/* All zero is a valid empty list. v is NULL or has a NULL after the last string; the strings are
 * owned. */
struct strings {
	char **v;
	size_t n;
};

/* Append a string from malloc(3), which the list owns from here on. */
void strings_add(struct strings *s, char *text);

/* Append a copy of text; append formatted text. */
void strings_copy(struct strings *s, const char *text);
void strings_fmt(struct strings *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Return true if text is in the list. */
bool strings_have(const struct strings *s, const char *text);

/* Free the strings and leave the list empty. */
void strings_free(struct strings *s);

#endif
