#include "ledger/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/filelock.h"
#include "base/io.h"
#include "base/msg.h"
#include "ledger/line.h"
#include "ledger/lock.h"
#include "json/json.h"

/* A byte to lock, far after any data. */
static const off_t append_byte = (off_t)1 << 60;

/* Report a pool's run line after ours, although we hold the pool's lock. */
static void
die_of_locks(const struct ledger *l)
{
	struct buf who = {0};
	ledger_lock_name(&who, &l->pool);
	msg_die(EXIT_IO,
		"ledger %s: %s opened it while this pool holds it: locks do not work on that file "
		"system: "
		"keep it on a local disk",
		l->path, buf_cstr(&who));
}

/* Index a run line or the header: which tool ran what. */
static void
note_run(struct ledger *l, const struct ledger_line *m)
{
	struct buf tool = {0}, run = {0};
	bool has_tool = ledger_line_text(m, LINE_TOOL, &tool);
	if (has_tool && span_is(buf_all(&tool), "tc-pool")) {
		ledger_lock_read(&l->pool, m);
		if (l->exclusive && l->begun && l->pool.lock != l->lock)
			die_of_locks(l);
	}
	if (has_tool && ledger_line_text(m, LINE_RUN, &run)) {
		buf_add(&l->runs, tool.p, tool.n);
		buf_ch(&l->runs, '\0');
		buf_add(&l->runs, run.p, run.n);
		buf_ch(&l->runs, '\0');
		if (m->at[LINE_ABOUT].found == 1)
			buf_span(&l->runs, m->at[LINE_ABOUT].value);
		buf_ch(&l->runs, '\0');
	}
	buf_free(&tool);
	buf_free(&run);
}

/* Get the text by which the line's job is found. Return false if it names none. */
static bool
job_of(struct ledger *l, const struct ledger_line *m)
{
	bool has_id = ledger_line_text(m, LINE_ID, &l->id);
	bool has_provider = ledger_line_text(m, LINE_PROVIDER, &l->provider);
	l->job.n = 0;
	ledger_job_key(&l->job, has_provider ? buf_cstr(&l->provider) : "",
		       has_id ? buf_cstr(&l->id) : "");
	return has_id;
}

/* Return the index entry that a line is about: an item's key, or a job. */
static struct ledger_entry *
subject(struct ledger *l, const struct ledger_line *m, enum ledger_type type)
{
	bool has_key = ledger_line_text(m, LINE_KEY, &l->key);
	bool has_job = m->at[LINE_ID].found == 1 && job_of(l, m);
	if (has_job && has_key &&
	    (type == LEDGER_CREATED || (type == LEDGER_DONE && m->at[LINE_PROVIDER].found == 1)))
		ledger_index_put(&l->map, LEDGER_ITEM_JOB, buf_all(&l->job));
	if (has_key && type == LEDGER_PUT) { /* beside what is known of its item */
		if (m->at[LINE_PART].found == 1)
			ledger_output_key(&l->key, m->at[LINE_PART].value);
		return ledger_index_put(&l->map, LEDGER_UPLOAD, buf_all(&l->key));
	}
	if (has_key)
		return ledger_index_put(&l->map, LEDGER_ITEM, buf_all(&l->key));
	if (!has_job)
		return NULL;
	if (type != LEDGER_DONE)
		return ledger_index_put(&l->map, LEDGER_ENDED_JOB, buf_all(&l->job));
	if (m->at[LINE_N].found != 1)
		return ledger_index_put(&l->map, LEDGER_JOB_URLS, buf_all(&l->job));
	ledger_output_key(&l->job, m->at[LINE_N].value);
	return ledger_index_put(&l->map, LEDGER_OUTPUT, buf_all(&l->job));
}

static void
index_line(struct ledger *l, struct span line)
{
	struct ledger_line m;
	ledger_line_read(&m, line);
	enum ledger_type type = ledger_line_type(&m);
	if (type == LEDGER_NONE) {
		if (m.at[LINE_T].found == 1 && span_is(m.at[LINE_T].value, "\"run\""))
			note_run(l, &m);
		return;
	}
	struct ledger_entry *e = subject(l, &m, type);
	if (!e)
		ledger_file_damaged(l, l->line, "it names no item");
	e->type = (uint8_t)type;
	e->at = l->read_to;
	e->n = (uint32_t)line.n;
	e->gen = ledger_line_generation(&m) & 0xffffff;
	e->lock = type == LEDGER_INTENT ? ledger_lock_number(&m) : 0;
}

static void
note_header(struct ledger *l, struct span line)
{
	struct span v;
	struct ledger_line m;
	if (json_get(line, "tc_ledger", &v) != 1)
		msg_die(EXIT_BAD_CONFIG, "%s is not a ledger; use another file name", l->path);
	if (!span_is(v, "1"))
		msg_die(EXIT_BAD_CONFIG, "ledger %s: made by a newer version (format %.*s)",
			l->path, (int)v.n, v.p);
	ledger_line_read(&m, line);
	note_run(l, &m);
}

/* Index a whole line. Until we have synced it, it may not be durable. */
static void
take_in(struct ledger *l, struct span line)
{
	l->line++;
	if (l->line == 1)
		note_header(l, line);
	else
		index_line(l, line);
	l->read_to += (off_t)line.n + 1;
	l->dirty = true;
}

/* Index all whole lines that were not read yet. */
static void
catch_up(struct ledger *l)
{
	struct span line;
	enum lines_result r;
	for (;;) {
		while ((r = lines_next(&l->in, &line)) == LINES_GOT || r == LINES_TOO_LONG) {
			const char *why =
				r == LINES_TOO_LONG ? "over 32 MiB" : ledger_line_check(line);
			if (why) {
				ledger_file_mend(l, line, false, why);
				return;
			}
			take_in(l, line);
		}
		if (lines_fill(&l->in) < 0)
			ledger_file_die(l, "read");
		if (l->in.eof) {
			/* more may come: a line without its end is not complete */
			l->in.eof = false;
			return;
		}
	}
}

/*
 * Write all of s: with one write(2), unless that is cut short and only the
 * next one returns the error.
 */
static void
write_all(struct ledger *l, struct span s)
{
	size_t done;
	if (io_write_all(l->fd, s, &done) == 0)
		return;
	int saved = errno;
	/* do not leave a partial line */
	if (done && ftruncate(l->fd, l->read_to) < 0)
		msg_error("ledger %s: a partial line could not be removed: %s", l->path,
			  strerror(errno));
	errno = saved;
	ledger_file_die(l, "write");
}

/* Repair a torn last line: bytes after the last newline that a dead writer left. */
static void
repair_tail(struct ledger *l)
{
	struct span tail = {l->in.held.p + l->in.at, l->in.held.n - l->in.at};
	if (!tail.n)
		return;
	const char *why = ledger_line_check(tail);
	if (why) {
		ledger_file_mend(l, tail, true, why);
		return;
	}
	write_all(l, (struct span){"\n", 1}); /* only its line end is missing */
	catch_up(l);
}

/* Reopen the files and take a lock of our own: in a forked process. */
static void
after_fork(struct ledger *l)
{
	int fd = ledger_file_open_again(l, O_RDWR | O_APPEND),
	    in = ledger_file_open_again(l, O_RDONLY);
	close(l->fd);
	close(l->in.fd);
	l->fd = fd;
	l->in.fd = in;
	l->exclusive = false; /* the parent is the pool */
	ledger_file_rewind(l);
	ledger_lock_own(l);
}

void
ledger_file_lock(struct ledger *l)
{
	struct stat st;
	if (l->pid != getpid())
		after_fork(l);
	if (filelock_wait(l->fd, append_byte) < 0 || fstat(l->fd, &st) < 0)
		ledger_file_die(l, "lock");
	if (st.st_size < l->read_to)
		msg_die(EXIT_IO, "ledger %s: it was cut short while it was in use: stopped",
			l->path);
	catch_up(l);
	repair_tail(l);
}

void
ledger_file_unlock(struct ledger *l)
{
	filelock_drop(l->fd, append_byte);
}

void
ledger_file_append(struct ledger *l, struct buf *line)
{
	ledger_line_seal(line);
	write_all(l, buf_all(line));
	catch_up(l);
}

void
ledger_file_time(struct buf *b)
{
	struct buf at = {0};
	date_rfc3339_ms(&at, clock_wall());
	json_str(b, "at", buf_all(&at));
	buf_free(&at);
}
