#include "serve.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/msg.h"

void
serve_wake(const struct serve *s)
{
	if (write(s->wake_fd, "", 1) < 0 && errno != EAGAIN) /* full: main wakes up anyway */
		msg_error("cannot wake the encoders: %s", strerror(errno));
}
