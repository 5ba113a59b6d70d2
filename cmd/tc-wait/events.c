/*
 * -e: job events read from a growing file or a FIFO. A line only names the
 * job to poll: the service says what happened, so that a false or late line
 * does no harm.
 */
#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/space.h"
#include "json/json.h"

/* poll(2) cannot wait for a file to grow: reread it at this interval. */
#define REREAD_INTERVAL (250 * MILLISECOND)

void
events_open(struct events *e, const char *path)
{
	struct stat st;
	/* create it: its writer may start after us */
	int fd = open(path, O_RDONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0 || fstat(fd, &st) < 0)
		msg_die(EXIT_BAD_CONFIG, "--events %s: %s", path, strerror(errno));
	*e = (struct events){
		.on = true, .path = path, .writer = -1, .is_file = S_ISREG(st.st_mode)};
	if (!e->is_file && !S_ISFIFO(st.st_mode))
		msg_die(EXIT_BAD_CONFIG, "--events %s: neither a regular file nor a FIFO", path);
	/* keep a writer open ourselves, so that the FIFO does not reach EOF between writers */
	if (!e->is_file)
		e->writer = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	lines_init(&e->in, NULL, fd);
}

int
events_fd(const struct events *e)
{
	return e->on && !e->is_file ? e->in.fd : -1;
}

int64_t
events_due(const struct events *e)
{
	return e->on && e->is_file ? e->next_read : NEVER;
}

/* Return whether the event says that the job still runs: such events are ignored. */
static bool
still_runs(struct span record)
{
	struct span v;
	return json_get(record, "state", &v) == 1 &&
	       (span_is(v, "\"pending\"") || span_is(v, "\"running\""));
}

/*
 * Return the id of the job to poll: the line's member id, or the bare line
 * itself; NULL if it has no id. The caller frees.
 */
static char *
event_job(struct events *e, struct span line)
{
	struct span v, text = span_trim(line);
	if (!text.n)
		return NULL;
	if (*text.p != '{')
		return mem_dup(text);
	if (!json_check_loose(text, NULL))
		return json_get(text, "id", &v) == 1 && json_type(v) == JSON_STRING &&
				       !still_runs(text)
			       ? json_text(v)
			       : NULL;
	if (!e->bad_line_warned)
		msg_warn("--events %s: skipping lines that are not JSON, such as: %.*s", e->path,
			 (int)(text.n < 80 ? text.n : 80), text.p);
	e->bad_line_warned = true;
	return NULL;
}

/* Read a file that was truncated from its beginning. */
static void
check_size(struct events *e)
{
	struct stat st;
	off_t at = lseek(e->in.fd, 0, SEEK_CUR);
	if (fstat(e->in.fd, &st) < 0 || st.st_size >= at)
		return;
	lseek(e->in.fd, 0, SEEK_SET);
	e->in.held.n = e->in.at = e->in.looked = 0;
}

static void
take_lines(struct events *e, void (*on_event)(void *ctx, const char *id), void *ctx)
{
	struct span line;
	enum lines_result r;
	while ((r = lines_next(&e->in, &line)) == LINES_GOT || r == LINES_TOO_LONG) {
		char *id = r == LINES_GOT ? event_job(e, line) : NULL;
		if (id)
			on_event(ctx, id);
		free(id);
	}
}

void
events_read(struct events *e, void (*on_event)(void *ctx, const char *id), void *ctx)
{
	bool ended = false;
	if (!e->on || (e->is_file && clock_now() < e->next_read))
		return;
	if (e->is_file)
		check_size(e);
	while (!ended) {
		if (lines_fill(&e->in) < 0)
			msg_die(EXIT_IO, "--events %s: %s", e->path, strerror(errno));
		ended = e->in.eof || !e->is_file;
		e->is_file |=
			e->in.eof; /* a FIFO that ended all the same would always be readable */
		e->in.eof = false; /* the rest of a partial line will come */
		take_lines(e, on_event, ctx);
	}
	e->next_read = clock_now() + REREAD_INTERVAL;
}

void
events_close(struct events *e)
{
	if (!e->on)
		return;
	close(e->in.fd);
	if (e->writer >= 0)
		close(e->writer);
	lines_free(&e->in);
}
