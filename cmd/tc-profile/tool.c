#include "tool.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/msg.h"

struct tool_options tool_options;

void
tool_write(const struct buf *b)
{
	if (io_write_all(STDOUT_FILENO, buf_all(b), NULL) < 0)
		msg_die(EXIT_IO, "stdout: %s", strerror(errno));
}
