#include "proc/childpipe.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/tail.h"

enum { READ_BYTES = 4096, OUTPUT_MAX = 32 << 20 };

void
pipe_drop(struct children *c, struct pipe_end *e)
{
	if (e->fd < 0)
		return;
	/* a sibling between vfork and exec may still hold it: closing alone would not end its
	 * events */
	os_watch_remove(&c->watch, e->fd);
	close(e->fd);
	e->fd = -1;
}

void
pipe_feed(struct children *c, struct child *ch, bool keep_open)
{
	while (ch->in.fd >= 0 && ch->input_sent < ch->input.n) {
		ssize_t n = write(ch->in.fd, ch->input.p + ch->input_sent,
				  ch->input.n - ch->input_sent);
		if (n >= 0) {
			ch->input_sent += (size_t)n;
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != EINTR) {
			pipe_drop(c, &ch->in); /* EPIPE: it does not read its stdin */
			return;
		}
	}
	ch->input.n = ch->input_sent = 0;
	if (!keep_open)
		pipe_drop(c, &ch->in);
	else if (ch->feeding)
		os_watch_remove(&c->watch, ch->in.fd);
	ch->feeding = false;
}

void
pipe_feed_first(struct children *c, struct child *ch, bool keep_open)
{
	pipe_feed(c, ch, keep_open);
	if (ch->in.fd < 0 || !ch->input.n)
		return;
	ch->feeding = os_watch_add(&c->watch, ch->in.fd, POLLOUT, &ch->in) == 0;
	if (!ch->feeding)
		pipe_drop(c, &ch->in);
}

static void
store(struct children *c, struct child *ch, bool errors, size_t n)
{
	struct buf *b = errors ? &ch->errors : &ch->output;
	b->n += n;
	if (c->heard)
		c->heard(c, ch, errors, n);
	if (errors && c->settle && b->n > 2 * c->errors_keep)
		b->n = tail_settle(b->p, b->n);
	if (errors && b->n > 2 * c->errors_keep) {
		memmove(b->p, b->p + (b->n - c->errors_keep), c->errors_keep);
		b->n = c->errors_keep;
	} else if (!errors && b->n > OUTPUT_MAX) {
		b->n = 0;
		ch->overflowed = true;
	}
}

bool
pipe_read(struct children *c, struct pipe_end *e)
{
	struct child *ch = e->of;
	struct buf *b = e == &ch->err ? &ch->errors : &ch->output;
	size_t room = b->cap > b->n + READ_BYTES ? b->cap - b->n : READ_BYTES;
	ssize_t n = read(e->fd, buf_room(b, room), room);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return errno == EINTR;
	if (n <= 0) {
		pipe_drop(c, e);
		return false;
	}
	if (e == &ch->out && ch->overflowed)
		return true; /* it is being terminated */
	store(c, ch, e == &ch->err, (size_t)n);
	return true;
}

void
pipe_drain(struct children *c, struct pipe_end *e)
{
	for (size_t left = OUTPUT_MAX / READ_BYTES; left && e->fd >= 0 && pipe_read(c, e); left--)
		continue;
}
