/* Input lines: from operands, or from a descriptor read only when poll(2) says so. */
#ifndef TC_LINE_H
#define TC_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum { LINE_BYTES_MAX = 32 << 20 };

struct lines {
	int fd;         /* -1 when the operands are the lines */
	char delimiter; /* '\n', or '\0' for -0 */
	char **operands;
	struct buf held;
	size_t at;     /* where the next line starts in held */
	size_t looked; /* no delimiter before here */
	bool eof, skipping;
};

/* Operands if there are any (argv style, NULL at the end), else fd. */
void line_init(struct lines *in, char **operands, int fd);

enum line_result {
	LINE_WAIT,     /* nothing whole is here: line_fill() when the descriptor is readable */
	LINE_GOT,      /* borrowed until the next call */
	LINE_TOO_LONG, /* over LINE_BYTES_MAX: its first 200 bytes; the rest is passed over */
	LINE_END,
};

/* The next line without its delimiter. A last line without one is a line. */
enum line_result line_next(struct lines *in, struct span *line);

/* Why what is held, the beginning of the input, cannot be lines of text, or NULL (static). */
const char *line_no_text(const struct lines *in);

/* One read(2). -1 with errno when the input cannot be read. */
int line_fill(struct lines *in);
void line_free(struct lines *in);

#endif
