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
		"ledger %s: %s opened it while this pool holds it: locks do not hold on that file "
		"system: "
		"keep it on a local disk",
		l->path, buf_cstr(&who));
}

/* Index a run line or the header: which tool ran what. */
static void
note_run(struct ledger *l, struct span line)
{
	char *tool = json_text_of(line, "tool");
	char *run = json_text_of(line, "run");
	struct span about = {0};
	if (tool && strcmp(tool, "tc-pool") == 0) {
		ledger_lock_read(&l->pool, line);
		if (l->exclusive && l->begun && l->pool.lock != l->lock)
			die_of_locks(l);
	}
	if (tool && run) {
		buf_add(&l->runs, tool, strlen(tool) + 1);
		buf_add(&l->runs, run, strlen(run) + 1);
		if (json_get(line, "about", &about) == 1)
			buf_span(&l->runs, about);
		buf_ch(&l->runs, '\0');
	}
	free(tool);
	free(run);
}

/* An upload, or one part of it: beside what is known of its item. */
static struct ledger_entry *
put_of(struct ledger *l, struct span line, const char *key)
{
	struct span v;
	struct buf text = {0};
	buf_str(&text, key);
	if (json_get(line, "part", &v) == 1)
		buf_fmt(&text, "\n%.*s", (int)v.n, v.p);
	struct ledger_entry *e = ledger_index_put(&l->map, LEDGER_UPLOAD, buf_all(&text));
	buf_free(&text);
	return e;
}

/* Return the index entry that a line is about: an item's key, or a job. */
static struct ledger_entry *
subject(struct ledger *l, struct span line, enum ledger_type type)
{
	struct span v;
	struct ledger_entry *e = NULL;
	struct buf job = {0};
	char *key = json_text_of(line, "key");
	char *id = json_text_of(line, "id");
	char *provider = json_text_of(line, "provider");
	ledger_job_key(&job, provider ? provider : "", id ? id : "");
	if (id && key && (type == LEDGER_CREATED || (type == LEDGER_DONE && provider)))
		ledger_index_put(&l->map, LEDGER_ITEM_JOB, buf_all(&job));
	enum ledger_kind kind = type == LEDGER_DONE ? LEDGER_JOB_URLS : LEDGER_ENDED_JOB;
	if (type == LEDGER_DONE && json_get(line, "n", &v) == 1) { /* of one output */
		ledger_output_key(&job, v);
		kind = LEDGER_OUTPUT;
	}
	if (key && type == LEDGER_PUT)
		e = put_of(l, line, key);
	else if (key)
		e = ledger_index_put(&l->map, LEDGER_ITEM, span_of(key));
	else if (id)
		e = ledger_index_put(&l->map, kind, buf_all(&job));
	buf_free(&job);
	free(id);
	free(provider);
	free(key);
	return e;
}

static void
index_line(struct ledger *l, struct span line)
{
	enum ledger_type type = ledger_file_type(line);
	struct span word;
	if (type == LEDGER_NONE) {
		if (json_get(line, "t", &word) == 1 && span_is(word, "\"run\""))
			note_run(l, line);
		return;
	}
	struct ledger_entry *e = subject(l, line, type);
	if (!e)
		ledger_file_damaged(l, l->line, "it names no item");
	e->type = type;
	e->at = l->read_to;
	e->n = line.n;
	e->gen = ledger_file_generation(line);
	e->lock = type == LEDGER_INTENT ? ledger_lock_number(line) : 0;
}

static void
note_header(struct ledger *l, struct span line)
{
	struct span v;
	if (json_get(line, "tc_ledger", &v) != 1)
		msg_die(EXIT_BAD_CONFIG, "%s is not a ledger; use another file name", l->path);
	if (!span_is(v, "1"))
		msg_die(EXIT_BAD_CONFIG, "ledger %s: made by a newer version (format %.*s)",
			l->path, (int)v.n, v.p);
	note_run(l, line);
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
