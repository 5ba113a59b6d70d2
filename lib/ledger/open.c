/* Opens a ledger: takes the locks, and checks that it belongs to the same command. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/owned.h"
#include "base/sig.h"
#include "ledger/line.h"
#include "ledger/lock.h"
#include "json/json.h"

enum { POOL_WAIT_SECONDS = 5, LOOK_AGAIN_MS = 20 };

/* Longest value in a message, in bytes. */
enum { SHOWN = 80 };

static void
write_run(struct ledger *l, const struct ledger_open *o)
{
	struct buf b = {0};
	json_open(&b);
	if (l->line == 0)
		json_int(&b, "tc_ledger", 1);
	else
		json_str(&b, "t", span_of(ledger_words[0]));
	json_str(&b, "tool", span_of(o->tool));
	if (o->run)
		json_str(&b, "run", span_of(o->run));
	if (o->run && o->about)
		json_raw(&b, "about", span_of(o->about));
	ledger_lock_sign(l, &b);
	json_str(&b, "version", span_of(TC_VERSION));
	ledger_file_time(&b);
	ledger_file_append(l, &b);
	buf_free(&b);
}

/* Return the hash of what this tool last ran with this ledger, or NULL; *about is the object that
 * describes it, or "". */
static const char *
earlier_run(const struct ledger *l, const char *tool, const char **about)
{
	const char *found = NULL;
	*about = "";
	for (size_t i = 0; i < l->runs.n;) {
		const char *name = l->runs.p + i, *run = name + strlen(name) + 1,
			   *text = run + strlen(run) + 1;
		if (strcmp(name, tool) == 0) {
			found = run;
			*about = text;
		}
		i = (size_t)(text - l->runs.p) + strlen(text) + 1;
	}
	return found;
}

/* Append "format "mp4", now "webm"" for each member that the two objects do not have in common. */
static void
add_differences(struct buf *out, const char *before, const char *now)
{
	struct span key, value, other;
	const char *gap = "";
	for (struct json_iter it = json_each(span_of(before)); json_next(&it, &key, &value);) {
		char *name = mem_dup(key);
		bool there = json_get(span_of(now), name, &other) == 1;
		if (!there || other.n != value.n || memcmp(other.p, value.p, value.n) != 0) {
			buf_fmt(out, "%s%s ", gap, name);
			buf_cut(out, value, SHOWN);
			buf_str(out, there ? ", now " : ", now none");
			buf_cut(out, there ? other : (struct span){0}, SHOWN);
			gap = "; ";
		}
		free(name);
	}
	for (struct json_iter it = json_each(span_of(now)); json_next(&it, &key, &value);) {
		char *name = mem_dup(key);
		if (json_get(span_of(before), name, &other) == 0) {
			buf_fmt(out, "%s%s none before, now ", gap, name);
			buf_cut(out, value, SHOWN);
			gap = "; ";
		}
		free(name);
	}
}

static void
die_of_other_run(const struct ledger *l, const struct ledger_open *o, const char *about)
{
	struct buf b = {0};
	if (*about && o->about)
		add_differences(&b, about, o->about);
	msg_die(EXIT_BAD_CONFIG,
		"ledger %s: was made by a different %s command line%s%s%s; rerun that one, use "
		"another ledger, or pass --force-ledger",
		l->path, o->tool, b.n ? " (" : "", buf_cstr(&b), b.n ? ")" : "");
}

/* Wait for the next look. Exit if a signal asked to stop; leave all other signals to the flow. */
static void
wait_a_little(void)
{
	poll(NULL, 0, LOOK_AGAIN_MS); /* a signal interrupts it */
	if (sig_stop_came())
		exit(EXIT_SIGNAL + sig_take().last);
}

/* A killed pool holds its lock until the system has removed its process. */
static void
lock_pool(struct ledger *l)
{
	int64_t end = clock_now() + POOL_WAIT_SECONDS * SECOND;
	while (!ledger_lock_try_pool(l)) {
		if (clock_now() < end) {
			wait_a_little();
			continue;
		}
		struct buf who = {0};
		ledger_file_lock(l); /* its run line has the name */
		ledger_lock_name(&who, &l->pool);
		msg_die(EXIT_BAD_CONFIG,
			"ledger %s: held by %s: wait for it to end, or use another ledger", l->path,
			buf_cstr(&who));
	}
}

static void
open_files(struct ledger *l)
{
	struct stat st;
	l->fd = open(l->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (l->fd < 0 || fstat(l->fd, &st) < 0)
		msg_die(EXIT_BAD_CONFIG, "ledger %s: %s", l->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		msg_die(EXIT_BAD_CONFIG, "ledger %s: not a regular file", l->path);
	owned_check(l->fd, "ledger", l->path);
	lines_init(&l->in, NULL, ledger_file_open_again(l, O_RDONLY));
}

struct ledger *
ledger_open(const struct ledger_open *o)
{
	struct ledger *l = mem_zero(sizeof *l);
	l->path = mem_dup(span_of(o->path));
	l->tool = o->tool;
	l->exclusive = o->exclusive;
	open_files(l);
	ledger_lock_own(l);
	if (o->exclusive)
		lock_pool(l);
	ledger_file_lock(l);
	const char *about = "", *before = o->run ? earlier_run(l, o->tool, &about) : NULL;
	bool new_file = l->line == 0, other = before && strcmp(before, o->run) != 0;
	if (other && !o->force)
		die_of_other_run(l, o, about);
	if (new_file || o->exclusive || (o->run && (!before || other)))
		write_run(l, o);
	l->begun = true;
	ledger_file_unlock(l);
	/* lines of a killed run included: from here on we rely on them */
	ledger_commit(l);
	if (new_file)
		ledger_file_sync_directory(l);
	return l;
}

bool
ledger_empty(const struct ledger *l)
{
	return l->map.n == 0;
}

void
ledger_close(struct ledger *l)
{
	if (!l)
		return;
	close(l->in.fd);
	lines_free(&l->in);
	close(l->fd);
	ledger_index_free(&l->map);
	buf_free(&l->runs);
	buf_free(&l->key);
	buf_free(&l->id);
	buf_free(&l->provider);
	buf_free(&l->job);
	buf_free(&l->shown);
	free(l->pool.host);
	free(l->path);
	free(l);
}
