#include "ledgerfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "date.h"
#include "json.h"
#include "ledgerline.h"
#include "msg.h"
#include "oslock.h"

/* A byte to lock, far behind any data. */
static const off_t append_byte = (off_t)1 << 60;

const char *const ledger_words[] = {"run", "intent", "created", "ended", "done", "pause"};

void
ledgerfile_die(const struct ledger *l, const char *what)
{
	msg_die(EXIT_IO, "ledger %s: %s: %s: stopped, so that nothing is done that it does not know of", l->path, what,
		strerror(errno));
}

void
ledgerfile_damaged(const struct ledger *l, size_t line, const char *why)
{
	msg_die(EXIT_BAD_CONFIG, "ledger %s: line %zu is damaged (%s): restore the file, or move it away", l->path, line, why);
}

/* A run line, the header included: which tool ran what. */
static void
note_run(struct ledger *l, struct span line)
{
	struct span v;
	double pid;
	char *tool = json_get(line, "tool", &v) == 1 ? json_text(v) : NULL;
	char *run = json_get(line, "run", &v) == 1 ? json_text(v) : NULL;
	if (tool && strcmp(tool, "tc-pool") == 0 && json_get(line, "pid", &v) == 1 && json_number(v, &pid))
		l->pool = (pid_t)pid;
	if (tool && run) {
		buf_add(&l->runs, tool, strlen(tool) + 1);
		buf_add(&l->runs, run, strlen(run) + 1);
	}
	free(tool);
	free(run);
}

static enum ledger_type
type_of(struct span word)
{
	for (int i = LEDGER_INTENT; i <= LEDGER_DONE; i++)
		if (word.n == strlen(ledger_words[i]) + 2 && memcmp(word.p + 1, ledger_words[i], word.n - 2) == 0)
			return (enum ledger_type)i;
	return LEDGER_NONE;
}

/* What a line is about: an item's key, or a job. */
static struct ledger_entry *
subject(struct ledger *l, struct span line, enum ledger_type type)
{
	struct span v;
	struct ledger_entry *e = NULL;
	struct buf job = {0};
	char *key = json_get(line, "key", &v) == 1 ? json_text(v) : NULL;
	char *id = json_get(line, "id", &v) == 1 ? json_text(v) : NULL;
	char *provider = json_get(line, "provider", &v) == 1 ? json_text(v) : NULL;
	ledger_job_key(&job, provider ? provider : "", id ? id : "");
	if (id && key && type == LEDGER_CREATED)
		ledgermap_put(&l->map, 'c', buf_all(&job));
	if (key)
		e = ledgermap_put(&l->map, 'k', span_of(key));
	else if (id)
		e = ledgermap_put(&l->map, type == LEDGER_DONE ? 'u' : 'j', buf_all(&job));
	buf_free(&job);
	free(id);
	free(provider);
	free(key);
	return e;
}

static void
note_line(struct ledger *l, struct span line)
{
	struct span v;
	double n;
	enum ledger_type type = json_get(line, "t", &v) == 1 ? type_of(v) : LEDGER_NONE;
	if (type == LEDGER_NONE) {
		note_run(l, line);
		return;
	}
	struct ledger_entry *e = subject(l, line, type);
	if (!e)
		ledgerfile_damaged(l, l->line, "it names no item");
	e->type = type;
	e->at = l->read_to;
	e->n = line.n;
	e->gen = json_get(line, "gen", &v) == 1 && json_number(v, &n) && n >= 1 && n < 1e6 ? (unsigned)n : 1;
	e->pid = json_get(line, "pid", &v) == 1 && json_number(v, &n) ? (pid_t)n : 0;
}

static void
note_header(struct ledger *l, struct span line)
{
	struct span v;
	if (ledgerline_check(line) || json_get(line, "tc_ledger", &v) != 1)
		msg_die(EXIT_BAD_CONFIG, "%s: this is no ledger: name another file", l->path);
	if (!span_is(v, "1"))
		msg_die(EXIT_BAD_CONFIG, "ledger %s: made by a newer version (format %.*s)", l->path, (int)v.n, v.p);
	note_run(l, line);
}

/* Takes in every whole line that was not read yet. */
static void
catch_up(struct ledger *l)
{
	struct span line;
	enum line_result r;
	l->in.eof = false;
	for (;;) {
		while ((r = line_next(&l->in, &line)) == LINE_GOT || r == LINE_TOO_LONG) {
			const char *why = r == LINE_TOO_LONG ? "over 32 MiB" : ledgerline_check(line);
			l->line++;
			if (l->line == 1)
				note_header(l, line);
			else if (why)
				ledgerfile_damaged(l, l->line, why);
			else
				note_line(l, line);
			l->read_to += (off_t)line.n + 1;
		}
		if (r == LINE_END || l->in.eof)
			return;
		if (line_fill(&l->in) < 0)
			ledgerfile_die(l, "read");
		if (l->in.eof) {
			/* more may come: a line without its end is no line yet */
			l->in.eof = false;
			return;
		}
	}
}

static void
write_all(struct ledger *l, int fd, struct span s, const char *what)
{
	ssize_t n;
	while ((n = write(fd, s.p, s.n)) < 0 && errno == EINTR)
		;
	if (n == (ssize_t)s.n)
		return;
	int saved = n < 0 ? errno : ENOSPC;
	/* half a line must not stay */
	if (n > 0 && fd == l->fd && ftruncate(fd, l->read_to) < 0)
		msg_error("ledger %s: half a line stays at its end: %s", l->path, strerror(errno));
	errno = saved;
	ledgerfile_die(l, what);
}

static void
set_aside(struct ledger *l, struct span tail)
{
	struct buf path = {0};
	buf_fmt(&path, "%s.torn", l->path);
	int fd = open(buf_cstr(&path), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		ledgerfile_die(l, buf_cstr(&path));
	write_all(l, fd, tail, buf_cstr(&path));
	write_all(l, fd, (struct span){"\n", 1}, buf_cstr(&path));
	close(fd);
	if (ftruncate(l->fd, l->read_to) < 0)
		ledgerfile_die(l, "truncate");
	msg_warn("ledger %s: its last line was torn (%zu bytes): set aside in %s", l->path, tail.n, buf_cstr(&path));
	buf_free(&path);
}

/* What stands behind the last line end was being written when its writer died. Under the lock. */
static void
mend_tail(struct ledger *l)
{
	struct span tail = {l->in.held.p + l->in.at, l->in.held.n - l->in.at};
	if (!tail.n)
		return;
	if (l->line == 0)
		msg_die(EXIT_BAD_CONFIG, "ledger %s: its header is damaged: restore the file, or move it away", l->path);
	if (!ledgerline_check(tail)) {
		write_all(l, l->fd, (struct span){"\n", 1}, "write"); /* only its line end was lost */
		catch_up(l);
		return;
	}
	set_aside(l, tail);
	l->in.held.n = l->in.looked = l->in.at;
	if (lseek(l->in.fd, l->read_to, SEEK_SET) < 0)
		ledgerfile_die(l, "seek");
}

void
ledgerfile_lock(struct ledger *l)
{
	if (oslock_wait(l->fd, append_byte) < 0)
		ledgerfile_die(l, "lock");
	catch_up(l);
	mend_tail(l);
}

void
ledgerfile_unlock(struct ledger *l)
{
	oslock_drop(l->fd, append_byte);
}

void
ledgerfile_append(struct ledger *l, struct buf *line)
{
	ledgerline_seal(line);
	write_all(l, l->fd, buf_all(line), "write");
	l->dirty = true;
	catch_up(l);
}

void
ledgerfile_time(struct buf *b)
{
	struct buf at = {0};
	date_rfc3339_ms(&at, clock_wall());
	json_str(b, "at", buf_all(&at));
	buf_free(&at);
}
