#include "flow/reorder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/msg.h"

enum { MEMORY_BUDGET = 4 << 20, READY_BYTES = 1 << 20 };

struct reorder_slot {
	char *mem; /* the line, or NULL if it is in the spill file */
	off_t at;
	size_t n;
	bool taken;
};

void
reorder_init(struct reorder *o, int fd, bool unordered)
{
	*o = (struct reorder){.fd = fd, .unordered = unordered, .spill = -1};
}

/* Open an unlinked file in $TMPDIR. Return -1, after a message, if there can be none. */
static int
spill_file(void)
{
	struct buf path = {0};
	const char *dir = getenv("TMPDIR");
	buf_fmt(&path, "%s/tc-XXXXXX", dir && *dir ? dir : "/tmp");
	char *name = mem_dup(buf_all(&path));
	int fd = mkstemp(name);
	if (fd < 0)
		msg_error("%s: %s: results cannot be spilled there (set TMPDIR): stopped", name,
			  strerror(errno));
	else
		unlink(name);
	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	free(name);
	buf_free(&path);
	return fd;
}

static void
grow(struct reorder *o, size_t want)
{
	size_t cap = o->cap ? o->cap : 64;
	while (cap < want)
		cap *= 2;
	struct reorder_slot *slots = mem_zero(cap * sizeof *slots);
	for (size_t i = 0; i < o->cap; i++) {
		size_t index = o->next + i;
		slots[index % cap] = o->slots[index % o->cap];
	}
	free(o->slots);
	o->slots = slots;
	o->cap = cap;
}

/* Return false if the file cannot hold it. */
static bool
spill(struct reorder *o, struct reorder_slot *slot, struct span line)
{
	if (!o->full && o->spill < 0)
		o->full = (o->spill = spill_file()) < 0;
	if (o->full)
		return false;
	if (io_pwrite_all(o->spill, line, o->spill_end) < 0) {
		o->full = true;
		msg_error("temporary file: %s (set TMPDIR to a directory with more space): stopped",
			  strerror(errno));
		return false;
	}
	slot->at = o->spill_end;
	o->spill_end += (off_t)line.n;
	o->spilled++;
	return true;
}

static void
unspill(struct reorder *o, const struct reorder_slot *slot)
{
	if (io_pread_all(o->spill, buf_room(&o->ready, slot->n), slot->n, slot->at) < 0)
		msg_die(EXIT_IO, "temporary file: %s", strerror(errno));
	o->ready.n += slot->n;
	if (--o->spilled == 0)
		o->spill_end = 0;
}

static void
end_line(struct reorder *o)
{
	if (!o->bare)
		buf_ch(&o->ready, '\n');
}

static void
ready(struct reorder *o, struct span line)
{
	buf_span(&o->ready, line);
	end_line(o);
}

/* Move on over the lines that are ready; spilled lines are read back a part at a time. */
static void
advance(struct reorder *o)
{
	while (o->cap && o->slots[o->next % o->cap].taken && o->ready.n < READY_BYTES) {
		struct reorder_slot *slot = &o->slots[o->next % o->cap];
		if (slot->mem) {
			ready(o, (struct span){slot->mem, slot->n});
			o->held_bytes -= slot->n;
			free(slot->mem);
		} else {
			unspill(o, slot);
			end_line(o);
		}
		*slot = (struct reorder_slot){0};
		o->next++;
	}
}

void
reorder_put(struct reorder *o, size_t index, struct span line)
{
	if (o->unordered || index == o->next) {
		ready(o, line);
		if (!o->unordered) {
			o->next++;
			advance(o);
		}
		return;
	}
	if (index - o->next >= o->cap)
		grow(o, index - o->next + 1);
	struct reorder_slot *slot = &o->slots[index % o->cap];
	*slot = (struct reorder_slot){.n = line.n, .taken = true};
	if (o->held_bytes + line.n > MEMORY_BUDGET && spill(o, slot, line))
		return;
	slot->mem = mem_dup(line);
	o->held_bytes += line.n;
}

bool
reorder_waits(const struct reorder *o)
{
	return o->held_bytes || o->spilled;
}

size_t
reorder_pending(const struct reorder *o)
{
	return o->ready.n;
}

/* Write the lines that are ready; *at is how many bytes were written. */
static int
write_ready(struct reorder *o, size_t *at)
{
	while (*at < o->ready.n) {
		ssize_t n = write(o->fd, o->ready.p + *at, o->ready.n - *at);
		if (n >= 0) {
			*at += (size_t)n;
		} else if (errno == EAGAIN) {
			/* a process that shares our stdout made it non-blocking */
			struct pollfd fd = {.fd = o->fd, .events = POLLOUT};
			poll(&fd, 1, -1);
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

int
reorder_flush(struct reorder *o)
{
	while (o->ready.n) {
		size_t at = 0;
		int result = write_ready(o, &at);
		memmove(o->ready.p, o->ready.p + at, o->ready.n - at);
		o->ready.n -= at;
		if (result < 0)
			return -1;
		if (!o->unordered)
			advance(o);
	}
	return 0;
}

void
reorder_free(struct reorder *o)
{
	for (size_t i = 0; i < o->cap; i++)
		free(o->slots[i].mem);
	free(o->slots);
	buf_free(&o->ready);
	if (o->spill >= 0)
		close(o->spill);
	*o = (struct reorder){.fd = -1, .spill = -1};
}
