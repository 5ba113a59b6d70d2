/* Input lines, from operands or from a descriptor that is read only when poll(2) reports data. */
#ifndef TC_BASE_LINES_H
#define TC_BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { LINES_BYTES_MAX = 32 << 20 };

struct lines {
	int fd;         /* -1 if the operands are the lines */
	char delimiter; /* '\n', or '\0' for -0 */
	char **operands;
	struct buf held;
	size_t at;     /* start of the next line in held */
	size_t looked; /* there is no delimiter in held before here */
	bool eof, skipping;
};

/* Take lines from operands (argv style, NULL at the end) if there are any, else from fd. */
void lines_init(struct lines *in, char **operands, int fd);

enum lines_result {
	LINES_WAIT,     /* no whole line: call lines_fill() when the descriptor is readable */
	LINES_GOT,      /* borrowed until the next call */
	LINES_TOO_LONG, /* over LINES_BYTES_MAX: its first 200 bytes; the rest is skipped */
	LINES_END,
};

/* Get the next line without its delimiter. A last line without one is a line. */
enum lines_result lines_next(struct lines *in, struct span *line);

/* Return why the beginning of the input, held now, cannot be lines of text (static), or NULL. */
const char *line_no_text(const struct lines *in);

/* Do one read(2). Return 0, or -1 with errno if the input cannot be read. */
int lines_fill(struct lines *in);
void lines_free(struct lines *in);

#endif
