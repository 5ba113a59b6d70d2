/*
 * -e: word of jobs from outside, as lines of a file that grows or of a FIFO.
 * A line says of which job there is news; what the news is the service is
 * asked, so that a line that lies or comes late does no harm.
 */
#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "json/json.h"
#include "base/msg.h"

/* poll(2) has no word for a file that grows: it is looked at so often. */
#define REREAD_INTERVAL (250 * MILLISECOND)

void
events_open(struct events *e, const char *path)
{
	struct stat st;
	/* made if it is not there yet: whoever is to write it may begin after us */
	int fd = open(path, O_RDONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0 || fstat(fd, &st) < 0)
		msg_die(EXIT_BAD_CONFIG, "--events %s: %s", path, strerror(errno));
	*e = (struct events){.on = true, .path = path, .writer = -1, .is_file = S_ISREG(st.st_mode)};
	if (!e->is_file && !S_ISFIFO(st.st_mode))
		msg_die(EXIT_BAD_CONFIG, "--events %s: neither a regular file nor a FIFO", path);
	/* a FIFO that somebody may write to, if only we, does not end between two writers */
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
	return e->on && e->is_file ? e->look : NEVER;
}

/* That a job has begun, or gets on, is no news here. */
static bool
goes_on(struct span record)
{
	struct span v;
	return json_get(record, "state", &v) == 1 && (span_is(v, "\"pending\"") || span_is(v, "\"running\""));
}

/* The job that a line has news of: its id, or the line itself; NULL if there is none. Caller frees. */
static char *
job_named(struct events *e, struct span line)
{
	struct span v, text = json_trim(line);
	if (!text.n)
		return NULL;
	if (*text.p != '{')
		return mem_dup(text);
	if (!json_check_loose(text, NULL))
		return json_get(text, "id", &v) == 1 && json_type(v) == JSON_STRING && !goes_on(text) ? json_text(v) : NULL;
	if (!e->bad_line_warned)
		msg_warn("--events %s: a line is not JSON and is passed over, as are others like it: %.*s", e->path,
			 (int)(text.n < 80 ? text.n : 80), text.p);
	e->bad_line_warned = true;
	return NULL;
}

/* A file that was emptied is read from its beginning again. */
static void
look_at_size(struct events *e)
{
	struct stat st;
	off_t at = lseek(e->in.fd, 0, SEEK_CUR);
	if (fstat(e->in.fd, &st) < 0 || st.st_size >= at)
		return;
	lseek(e->in.fd, 0, SEEK_SET);
	e->in.held.n = e->in.at = e->in.looked = 0;
}

static void
take_lines(struct events *e, void (*news)(void *ctx, const char *id), void *ctx)
{
	struct span line;
	enum lines_result r;
	while ((r = lines_next(&e->in, &line)) == LINES_GOT || r == LINES_TOO_LONG) {
		char *id = r == LINES_GOT ? job_named(e, line) : NULL;
		if (id)
			news(ctx, id);
		free(id);
	}
}

void
events_read(struct events *e, void (*news)(void *ctx, const char *id), void *ctx)
{
	bool ended = false;
	if (!e->on || (e->is_file && clock_now() < e->look))
		return;
	if (e->is_file)
		look_at_size(e);
	while (!ended) {
		if (lines_fill(&e->in) < 0)
			msg_die(EXIT_IO, "--events %s: %s", e->path, strerror(errno));
		ended = e->in.eof || !e->is_file;
		e->is_file |= e->in.eof; /* a FIFO that ended all the same would be polled without an end */
		e->in.eof = false;     /* what is half a line will be a whole one */
		take_lines(e, news, ctx);
	}
	e->look = clock_now() + REREAD_INTERVAL;
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
