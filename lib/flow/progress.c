#include "flow/progress.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/msg.h"
#include "base/terminal.h"

enum {
	REDRAWS_A_SECOND = 5,
	PLAIN_EVERY = 10,
	IDLE_SECONDS = 2,
	RESUME_SECONDS = 10,
	PARTS_MAX = 16
};

/* A line made of parts; a narrow terminal shows the most important ones. */
struct line {
	struct buf text;
	struct {
		size_t at, n;
		int keep; /* the lowest is dropped first */
	} part[PARTS_MAX];
	size_t n;
};

const char *
progress_option(void *to, const char *value)
{
	static const char *const words[] = {"never", "auto", "always"};
	enum progress_when *when = to;
	if (!value) {
		*when = PROGRESS_ALWAYS;
		return NULL;
	}
	for (int i = 0; i < 3; i++)
		if (strcmp(value, words[i]) == 0) {
			*when = (enum progress_when)i;
			return NULL;
		}
	return "expected auto, always or never";
}

void
progress_init(struct progress *p, enum progress_when when)
{
	const char *term = getenv("TERM");
	*p = (struct progress){.started = clock_now()};
	p->terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
	p->on = when == PROGRESS_ALWAYS || (when == PROGRESS_AUTO && p->terminal);
	p->next = p->started + (p->terminal ? SECOND / 2 : PLAIN_EVERY * SECOND);
	if (p->on && p->terminal)
		msg_share();
}

int64_t
progress_due(const struct progress *p)
{
	return p->on ? p->next : NEVER;
}

void
progress_resized(struct progress *p)
{
	msg_status_wrapped(terminal_columns(STDERR_FILENO));
	p->next = 0;
}

static void __attribute__((format(printf, 3, 4)))
add(struct line *l, int keep, const char *fmt, ...)
{
	va_list ap;
	size_t at = l->text.n;
	va_start(ap, fmt);
	buf_vfmt(&l->text, fmt, ap);
	va_end(ap);
	if (l->n < PARTS_MAX) {
		l->part[l->n].at = at;
		l->part[l->n].n = l->text.n - at;
		l->part[l->n++].keep = keep;
	}
}

/* Append 12s, 3m20s or 2h05m. */
static void
show_time(struct buf *b, int64_t us)
{
	long s = (long)(us / SECOND);
	if (s >= 3600)
		buf_fmt(b, "%ldh%02ldm", s / 3600, s / 60 % 60);
	else if (s >= 60)
		buf_fmt(b, "%ldm%02lds", s / 60, s % 60);
	else
		buf_fmt(b, "%lds", s);
}

static void
add_time(struct line *l, int keep, const char *before, int64_t us)
{
	struct buf b = {0};
	show_time(&b, us);
	add(l, keep, "%s%s", before, buf_cstr(&b));
	buf_free(&b);
}

/* "3 in doubt, asking again in 41 s" */
static void
doubt(struct buf *b, const struct counts *c)
{
	int64_t left = c->ask_at - clock_now();
	buf_fmt(b, "%zu in doubt, asking again ", c->in_doubt);
	if (left > 0 && c->ask_at != NEVER)
		buf_fmt(b, "in %lld s", (long long)((left + SECOND - 1) / SECOND));
	else
		buf_str(b, "now");
}

/* Estimate the time left from this run's speed so far; items from the ledger do not count. */
static int64_t
time_left(const struct progress *p, const struct counts *c, int64_t now)
{
	size_t ended = c->ok + c->failed + c->not_attempted;
	if (!c->all_read || !c->worked || !p->began || now - p->began < SECOND || c->in <= ended)
		return -1;
	return (int64_t)((double)(now - p->began) / (double)c->worked * (double)(c->in - ended));
}

static void
add_items(struct line *l, const struct progress *p, const struct counts *c, int64_t now)
{
	size_t under_way = c->running + c->waiting, going = c->remote ? c->going : c->running;
	add(l, 10, "%zu done", c->ok);
	add(l, 9, "%zu failed", c->failed);
	add(l, 6, "%zu running", going);
	add(l, 5, "%zu queued", under_way > going ? under_way - going : 0);
	if (c->in_doubt) {
		struct buf b = {0};
		doubt(&b, c);
		add(l, 7, "%s", buf_cstr(&b));
		buf_free(&b);
	}
	if (c->percent >= 1 && under_way)
		add(l, 4, "%.0f %% through", c->percent / (double)under_way);
	if (c->billable > 0)
		add(l, 3, "%.10g min billable", c->billable);
	add_time(l, 2, "", now - p->started);
	int64_t left = time_left(p, c, now);
	if (left >= 0)
		add_time(l, 8, "ETA ", left);
}

/* Measure the recent speed: each second counts as much as the four before it. */
static void
take_speed(struct progress *p, const struct transfers *t, int64_t now)
{
	int64_t passed = now - p->moved_at;
	if (!p->moved_at) {
		p->moved_at = now;
		p->moved = t->moved;
	} else if (passed >= SECOND) {
		double speed = (double)(t->moved - p->moved) * (double)SECOND / (double)passed;
		p->speed = p->speed > 0 ? 0.8 * p->speed + 0.2 * speed : speed;
		p->moved_at = now;
		p->moved = t->moved;
	}
}

/* "35 min left" */
static void
add_left(struct line *l, double seconds)
{
	long long s = seconds < 1e9 ? (long long)seconds + 1 : 1000000000;
	if (s >= 3600)
		add(l, 8, "%lld h %lld min left", s / 3600, s / 60 % 60);
	else if (s >= 60)
		add(l, 8, "%lld min left", (s + 30) / 60);
	else
		add(l, 8, "%lld s left", s);
}

/* "12/500 files, 3.1/88 GiB, 41 MiB/s, 35 min left" */
static void
add_transfers(struct line *l, struct progress *p, const struct counts *c, int64_t now)
{
	const struct transfers *t = &c->files;
	struct buf b = {0};
	take_speed(p, t, now);
	add(l, 10, "%zu/%zu files", t->all ? t->done : c->ok, t->all ? t->all : c->in);
	if (t->of > 0)
		bytes_show_of(&b, (double)t->bytes, (double)t->of);
	else
		bytes_show(&b, (double)t->bytes);
	add(l, 7, "%s", buf_cstr(&b));
	if (c->failed)
		add(l, 9, "%zu failed", c->failed);
	if (p->speed >= 1) {
		b.n = 0;
		bytes_show(&b, p->speed);
		add(l, 5, "%s/s", buf_cstr(&b));
		if (t->of > t->bytes)
			add_left(l, (double)(t->of - t->bytes) / p->speed);
	}
	buf_free(&b);
}

/* Append the whole line, or the parts that fit into `columns` (0: no limit). */
static void
fit(struct line *l, size_t columns, struct buf *out)
{
	size_t name = strlen(msg_name()) + 2;
	for (;;) {
		size_t width = name, worst = 0, kept = 0;
		for (size_t i = 0; i < l->n; i++) {
			if (!l->part[i].n)
				continue;
			width += l->part[i].n + (kept++ ? 2 : 0);
			if (!l->part[worst].n || l->part[i].keep < l->part[worst].keep)
				worst = i;
		}
		if (!columns || width <= columns || kept <= 1)
			break;
		l->part[worst].n = 0;
	}
	buf_fmt(out, "%s:", msg_name());
	const char *gap = " ";
	for (size_t i = 0; i < l->n; i++)
		if (l->part[i].n) {
			buf_fmt(out, "%s%.*s", gap, (int)l->part[i].n, l->text.p + l->part[i].at);
			gap = ", ";
		}
	if (columns && out->n > columns)
		out->n = columns;
}

/* Append the progress line. */
static void
describe(struct buf *out, struct progress *p, const struct counts *c, int64_t now,
	 int64_t blocked_until, size_t columns)
{
	struct line l = {0};
	if (c->files.on)
		add_transfers(&l, p, c, now);
	else
		add_items(&l, p, c, now);
	if (blocked_until > now)
		add_time(&l, 7, "throttled for ", blocked_until - now + SECOND - 1);
	fit(&l, columns, out);
	buf_free(&l.text);
}

/* Return true if this process may draw on the row: an idle tool leaves it to the busy ones. */
static bool
may_draw(struct progress *p, const struct counts *c, int64_t now)
{
	if (c->running + c->waiting)
		p->busy_at = now;
	return terminal_mine(STDERR_FILENO, p->busy_at && now - p->busy_at < IDLE_SECONDS * SECOND);
}

void
progress_show(struct progress *p, const struct counts *c, int64_t now, int64_t blocked_until)
{
	struct buf b = {0};
	if (!p->began && c->running)
		p->began = now;
	if (!p->on || now < p->next)
		return;
	p->next = now + (p->terminal ? SECOND / REDRAWS_A_SECOND : PLAIN_EVERY * SECOND);
	if (!p->terminal) {
		progress_now(p, c, blocked_until);
	} else if (may_draw(p, c, now)) {
		/* the last column stays free: a cursor after it may be on the next row */
		describe(&b, p, c, now, blocked_until, terminal_columns(STDERR_FILENO) - 1);
		msg_status(buf_cstr(&b));
	} else {
		msg_status_leave();
	}
	buf_free(&b);
}

void
progress_now(struct progress *p, const struct counts *c, int64_t blocked_until)
{
	struct buf b = {0};
	describe(&b, p, c, clock_now(), blocked_until, 0);
	msg_line("%s", buf_cstr(&b));
	buf_free(&b);
}

void
progress_doubt(const struct counts *c)
{
	struct buf b = {0};
	doubt(&b, c);
	msg_warn("%s", buf_cstr(&b));
	buf_free(&b);
}

void
progress_resume(struct progress *p, const struct counts *c, int64_t now)
{
	if (p->resume_said || !c->all_read)
		return;
	p->resume_said = true;
	if (c->replayed && c->in > c->replayed && now - p->started < RESUME_SECONDS * SECOND)
		msg_warn("%zu already done, %zu to do", c->replayed, c->in - c->replayed);
}

void
progress_end(struct progress *p, const struct counts *c)
{
	struct buf b = {0};
	bool shown = p->on && p->terminal;
	msg_status(NULL);
	/* on a terminal several tallies may follow each other: name the tool; a script reads only
	 * one */
	if (shown && terminal_in_pipe())
		buf_fmt(&b, "%s: ", msg_name());
	buf_fmt(&b, "%zu in: %zu ok", c->in, c->ok);
	if (c->replayed_ok)
		buf_fmt(&b, " (%zu from the ledger)", c->replayed_ok);
	buf_fmt(&b, ", %zu failed, %zu not attempted", c->failed, c->not_attempted);
	if (c->creates && c->replayed_ok)
		buf_fmt(&b, "; %zu job%s created", c->created, c->created == 1 ? "" : "s");
	if (shown && c->billable > 0)
		buf_fmt(&b, "; %.10g min billable", c->billable);
	msg_line("%s", buf_cstr(&b));
	buf_free(&b);
}
