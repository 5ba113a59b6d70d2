/*
 * A command whose words are templates (json/template.h), filled in for each
 * line and passed to exec as they are: there is no shell, so no quoting.
 */
#ifndef TC_POOL_COMMAND_H
#define TC_POOL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "json/template.h"

struct command {
	char *const *argv; /* as given; borrowed */
	struct template *words;
	size_t n;
	size_t fills; /* number of placeholders */
	bool named;   /* one is in the command's name */
};

/* Parse argv (NULL at its end), which must outlive the command. literal: braces stand for
 * themselves. */
void command_parse(struct command *c, char *const *argv, bool literal);

/* The words of one command. All zero is empty. */
struct argv_buf {
	struct buf text;
	char **argv; /* ends with NULL; borrowed until the next command_fill() */
	size_t cap;
};

/*
 * Fill in the words. Return "" on success, else why this line cannot be run
 * (borrowed until the next call).
 */
const char *command_fill(const struct command *c, const struct template_args *line,
			 struct argv_buf *out);

void command_free(struct command *c);
void argv_buf_free(struct argv_buf *b);

#endif
