/* tc-hook's standard output: each line is written whole, or not at all. */
#ifndef TC_HOOK_OUT_H
#define TC_HOOK_OUT_H

#include <stdbool.h>

#include "base/buf.h"

struct out {
	bool file;   /* a regular file: a line is durable before its event is acknowledged */
	int stop_fd; /* when readable, stop waiting for room */
};

enum out_end {
	OUT_WRITTEN,
	OUT_STOPPED, /* we must end, and there was no room: nothing was written */
	OUT_BROKEN,  /* after a message; a partial line was removed from a file */
};

/* End a partial line that an earlier run left, so that ours start lines. Exits 74 if stdout cannot
 * be written. */
void out_open(struct out *o, int stop_fd);

/* Write a line, which includes its newline. */
enum out_end out_line(const struct out *o, struct span line);

#endif
