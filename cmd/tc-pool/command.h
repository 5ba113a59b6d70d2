/*
 * A command whose words are templates (template.h), filled in for each line
 * and passed to exec as they are: no shell, so no quoting.
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
	size_t fills; /* how many placeholders there are */
	bool named;   /* one is in the command's own name */
};

/* Parse argv (NULL at its end), which must outlive the command. literal: braces stand for themselves. */
void command_parse(struct command *c, char *const *argv, bool literal);

/* The words of one command: all zero is empty. */
struct argv_buf {
	struct buf text;
	char **argv; /* NULL at its end; borrowed until the next filling */
	size_t cap;
};

/* Fill in the words; "" on success, else why this line cannot be run (borrowed until the next filling). */
const char *command_fill(const struct command *c, const struct template_args *line, struct argv_buf *out);

void command_free(struct command *c);
void argv_buf_free(struct argv_buf *b);

#endif
