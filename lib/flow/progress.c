#include "flow/progress.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/msg.h"

enum { REDRAWS_A_SECOND = 5, PLAIN_EVERY = 10 };

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
	return "auto, always or never is wanted";
}

void
progress_init(struct progress *p, enum progress_when when)
{
	const char *term = getenv("TERM");
	*p = (struct progress){.started = clock_now()};
	p->terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
	p->on = when == PROGRESS_ALWAYS || (when == PROGRESS_AUTO && p->terminal);
	p->next = p->started + (p->terminal ? SECOND / 2 : PLAIN_EVERY * SECOND);
}

int64_t
progress_due(const struct progress *p)
{
	return p->on ? p->next : NEVER;
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

static void
words(struct buf *b, const struct counts *c)
{
	buf_fmt(b, "Progress: %zu done, %zu failed, %zu in progress", c->ok, c->failed, c->running + c->waiting);
	if (c->in_doubt) {
		buf_str(b, ", ");
		doubt(b, c);
	}
}

static void
add_time(struct buf *b, int64_t us)
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
live(struct buf *b, const struct progress *p, const struct counts *c, int64_t now, int64_t blocked_until)
{
	size_t ended = c->ok + c->failed + c->not_attempted;
	int64_t passed = now - p->started;
	if (c->waiting)
		buf_fmt(b, " (%zu waiting)", c->waiting);
	if (c->percent >= 1)
		buf_fmt(b, ", %.0f %% through", c->percent / (double)(c->running + c->waiting));
	if (ended && passed > SECOND) {
		buf_fmt(b, ", %.1f/s", (double)ended * (double)SECOND / (double)passed);
		if (c->all_read && c->in > ended) {
			buf_str(b, ", ETA ");
			add_time(b, (int64_t)((double)passed / (double)ended * (double)(c->in - ended)));
		}
	}
	if (blocked_until > now) {
		buf_str(b, ", throttled for ");
		add_time(b, blocked_until - now + SECOND - 1);
	}
}

void
progress_show(struct progress *p, const struct counts *c, int64_t now, int64_t blocked_until)
{
	if (!p->on || now < p->next)
		return;
	struct buf b = {0};
	words(&b, c);
	if (p->terminal) {
		live(&b, p, c, now, blocked_until);
		msg_status(buf_cstr(&b));
		p->next = now + SECOND / REDRAWS_A_SECOND;
	} else {
		msg_line("%s", buf_cstr(&b));
		p->next = now + PLAIN_EVERY * SECOND;
	}
	buf_free(&b);
}

void
progress_now(const struct counts *c)
{
	struct buf b = {0};
	words(&b, c);
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
progress_end(struct progress *p, const struct counts *c)
{
	msg_status(NULL);
	if (p->on && p->terminal)
		progress_now(c);
	msg_line("%zu in: %zu ok, %zu failed, %zu not attempted", c->in, c->ok, c->failed, c->not_attempted);
}
