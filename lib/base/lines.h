/* Input lines: from operands, or from a descriptor read only when poll(2) says so. */
#ifndef TC_BASE_LINES_H
#define TC_BASE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { LINES_BYTES_MAX = 32 << 20 };

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
void lines_init(struct lines *in, char **operands, int fd);

enum lines_result {
	LINES_WAIT,     /* nothing whole is here: lines_fill() when the descriptor is readable */
	LINES_GOT,      /* borrowed until the next call */
	LINES_TOO_LONG, /* over LINES_BYTES_MAX: its first 200 bytes; the rest is passed over */
	LINES_END,
};

/* The next line without its delimiter. A last line without one is a line. */
enum lines_result lines_next(struct lines *in, struct span *line);

/* Why what is held, the beginning of the input, cannot be lines of text, or NULL (static). */
const char *line_no_text(const struct lines *in);

/* One read(2). -1 with errno when the input cannot be read. */
int lines_fill(struct lines *in);
void lines_free(struct lines *in);

#endif
