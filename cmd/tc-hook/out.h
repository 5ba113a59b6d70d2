/* tc-hook's standard output: whole lines, or nothing of them. */
#ifndef TC_HOOK_OUT_H
#define TC_HOOK_OUT_H

#include <stdbool.h>

#include "base/buf.h"

struct out {
	bool file;   /* a regular file: a line is durable before its event is taken */
	int stop_fd; /* readable: do not begin to wait for a reader */
};

enum out_end {
	OUT_WRITTEN,
	OUT_STOPPED, /* nobody reads and we are to end: nothing was written */
	OUT_BROKEN,  /* after a message; of a file what was written is taken back */
};

/* Ends a line that an earlier run left open, so that ours begin lines. Exits 74 if stdout cannot be written. */
void out_open(struct out *o, int stop_fd);

/* Writes a line, its newline included. */
enum out_end out_line(const struct out *o, struct span line);

#endif
