/*
 * A command whose words have placeholders, filled in for each line and passed
 * to exec as they are: no shell, so no quoting.
 *
 *   {}      the line; a JSON string's text
 *   {.a.b}  a member of a JSON line: a string's text, a number, true or false
 *   {.}     the line without its extension    {/}   its last component
 *   {//}    its directory                     {/.}  its last component without extension
 *   {#}     its number, from 1
 *
 * Anything else in braces is left as it is.
 */
#ifndef TC_PLACEHOLDER_H
#define TC_PLACEHOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct part;

struct template {
	char *const *words; /* borrowed */
	size_t n;           /* of the words */
	struct part *parts;
	size_t parts_n;
	size_t used;        /* how many placeholders there are */
	bool first;         /* one is in the command's own name */
};

/* Reads argv (NULL at its end), which must outlive it. */
void template_read(struct template *t, char *const *argv);

/* What a line offers. All borrowed. */
struct values {
	struct span text;   /* for {}, and the parts of a path */
	struct span object; /* for {.name}; empty if the line is no JSON object */
	size_t index;       /* from 0 */
};

/* The words of one command: all zero is empty. */
struct filled {
	struct buf text;
	char **argv; /* NULL at its end; borrowed until the next filling */
	size_t cap;
};

/* Fills in; "" if all is well, else why this line cannot be (borrowed until the next filling). */
const char *template_fill(const struct template *t, const struct values *v, struct filled *out);

void template_free(struct template *t);
void filled_free(struct filled *f);

#endif
