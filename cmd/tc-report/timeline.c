/*
 * The page's timeline: a row for each item, a bar for each stretch of its life.
 * Bars are placed in per cent of the batch's length, so a page of any width will do.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"
#include "text.h"

enum { SEND, QUEUE, WORK, BOTH, RUN, FETCH, KINDS };
enum { FEW = 150, FOLD = 500 }; /* more rows than the first are thin; in folds of the second */

static const struct {
	const char *class, *name, *more;
} kinds[KINDS] = {
	{"send", "being created", "asked for, not yet accepted; waits after a 429 are in here"},
	{"queue", "queued", "accepted by the service, not begun"},
	{"work", "encoding", "by the service's clock"},
	{"both", "queued or encoding", "the service does not say when it began"},
	{"run", "command running", "what tc-pool ran for the item"},
	{"fetch", "result being fetched", "ended; not yet seen, or its address not yet known"},
};

struct stretch {
	int kind;
	double from, to;
	bool open;
};

struct life {
	struct stretch s[4];
	size_t n;
};

/* The scale, and what is drawn behind all lanes. */
struct scale {
	double from, length, step;
};

/* Add a stretch that ends at `at`, NAN: not yet. The clocks may differ a little: none ends before
 * it begins. */
static void
add_stretch(struct life *l, const struct times *t, int kind, double at)
{
	if (l->n && l->s[l->n - 1].open)
		return;
	double from = l->n ? l->s[l->n - 1].to : t->begun,
	       to = fmax(from, isnan(at) ? t->last : at);
	l->s[l->n++] = (struct stretch){kind, from, to, isnan(at)};
}

static double
or_else(double a, double b)
{
	return isnan(a) ? b : a;
}

static struct life
life_of(const struct times *t)
{
	struct life l = {.n = 0};
	if (!isnan(t->created)) {
		add_stretch(&l, t, SEND, t->created);
		if (!isnan(t->started)) {
			add_stretch(&l, t, QUEUE, t->started);
			add_stretch(&l, t, WORK, or_else(t->finished, t->ended));
		} else {
			add_stretch(&l, t, BOTH, or_else(t->finished, t->ended));
		}
		if (!isnan(t->ended))
			add_stretch(&l, t, FETCH, or_else(t->done, t->ended));
	} else if (!isnan(t->done)) {
		add_stretch(&l, t, RUN, t->done);
	} else {
		add_stretch(&l, t, SEND, t->ended);
	}
	return l;
}

static void
percent(struct buf *out, double part)
{
	part *= 100;
	text_fixed(out, part < 0 ? 0 : part > 100 ? 100 : part, 3);
	buf_ch(out, '%');
}

static double
axis_step(double length)
{
	static const double steps[] = {1,       2,       5,       10,       15,      30,     60,
				       120,     300,     600,     900,      1800,    3600,   7200,
				       10800,   21600,   43200,   86400,    172800,  432000, 864000,
				       1728000, 4320000, 8640000, 17280000, 43200000};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (length / steps[i] <= 8)
			return steps[i];
	return length / 8;
}

/* Append the time since the start, short enough for an axis. */
static void
add_after(struct buf *out, double seconds)
{
	long long s = (long long)seconds;
	const struct {
		long long n;
		const char *unit;
	} part[] = {
		{s / 86400, "d"}, {s % 86400 / 3600, "h"}, {s % 3600 / 60, "min"}, {s % 60, "s"}};
	const char *gap = "";
	for (size_t i = 0; i < sizeof part / sizeof *part; i++)
		if (part[i].n) {
			buf_fmt(out, "%s%lld %s", gap, part[i].n, part[i].unit);
			gap = " ";
		}
	if (!*gap)
		buf_ch(out, '0');
}

static void
write_axis(struct buf *out, const struct scale *scale)
{
	buf_str(out, "<div class=\"axis\"><div class=\"name\">since the first<br>clock "
		     "(UTC)</div><div class=\"lane\">");
	size_t marks = (size_t)ceil(scale->length / scale->step);
	for (size_t i = 0; i < marks; i++) {
		double x = (double)i * scale->step;
		buf_str(out, "<span style=\"left:");
		percent(out, x / scale->length);
		buf_str(out, "\"><b>");
		add_after(out, floor(x));
		buf_str(out, "</b><i>");
		text_time(out, "%H:%M:%S", scale->from + x);
		buf_str(out, "</i></span>");
	}
	buf_str(out, "</div></div>\n");
}

/* Return true if part of a pause is within the batch. */
static bool
shown(const struct pause *p, const struct scale *scale)
{
	return fmax(p->from, scale->from) < fmin(p->to, scale->from + scale->length);
}

/* Append the visible pauses, as a background of all lanes. Return false if no pause is visible. */
static bool
write_shading(const struct report *r, struct buf *out, const struct scale *scale)
{
	bool any = false;
	for (size_t i = 0; i < r->pauses_n; i++) {
		if (!shown(&r->pauses[i], scale))
			continue;
		struct buf from = {0}, to = {0};
		percent(&from, (r->pauses[i].from - scale->from) / scale->length);
		percent(&to, (r->pauses[i].to - scale->from) / scale->length);
		if (!any)
			buf_str(out, ";--pauses:linear-gradient(90deg,transparent 0");
		buf_fmt(out, ",transparent %s,var(--pause) %s ", buf_cstr(&from), buf_cstr(&from));
		buf_fmt(out, "%s,transparent %s", buf_cstr(&to), buf_cstr(&to));
		any = true;
		buf_free(&from);
		buf_free(&to);
	}
	if (any)
		buf_ch(out, ')');
	return any;
}

/* Append the last component of a source, cut at 80 characters. */
static void
add_name(struct buf *out, const char *source)
{
	struct span s = {source, strcspn(source, "?")};
	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	for (size_t i = s.n; i-- > 0;)
		if (s.p[i] == '/') {
			s = (struct span){s.p + i + 1, s.n - i - 1};
			break;
		}
	size_t n = 0, characters = 0;
	for (; n < s.n; n++)
		if ((s.p[n] & 0xc0) != 0x80 && ++characters == 80)
			break;
	char *text = mem_dup((struct span){s.p, n});
	text_html(out, text);
	if (n < s.n)
		buf_str(out, "…");
	free(text);
}

/* Append the tooltip: when each stretch began and how long it was. */
static void
write_title(struct buf *out, const struct row *row, const struct life *l)
{
	buf_str(out, " title=\"#");
	text_html(out, row->index);
	buf_ch(out, ' ');
	add_name(out, row->source);
	buf_fmt(out, ": %s", row_word(row));
	for (size_t i = 0; i < l->n; i++) {
		buf_ch(out, '\n');
		text_time(out, "%H:%M:%S", l->s[i].from);
		buf_fmt(out, " %s, ", kinds[l->s[i].kind].name);
		text_duration(out, l->s[i].to - l->s[i].from);
		if (l->s[i].open)
			buf_str(out, " so far");
	}
	if (row->kind != KIND_OK && row->kind != KIND_OPEN && *row->message) {
		buf_ch(out, '\n');
		text_html(out, row->message);
	}
	buf_ch(out, '"');
}

static void
write_lane(struct buf *out, const struct row *row, const struct scale *scale)
{
	struct life l = life_of(&row->times);
	buf_fmt(out, "<div class=\"row %s\"", page_class(row));
	write_title(out, row, &l);
	buf_str(out, "><div class=\"name\"><small>");
	text_html(out, row->index);
	buf_str(out, "</small> ");
	add_name(out, row->source);
	buf_str(out, "</div><div class=\"lane\">");
	for (size_t i = 0; i < l.n; i++) {
		buf_fmt(out, "<i class=\"%s%s\" style=\"left:", kinds[l.s[i].kind].class,
			l.s[i].open ? " open" : "");
		percent(out, (l.s[i].from - scale->from) / scale->length);
		buf_str(out, ";width:");
		percent(out, (l.s[i].to - l.s[i].from) / scale->length);
		buf_str(out, "\"></i>");
	}
	if (row->kind != KIND_OK && row->kind != KIND_OPEN) {
		buf_str(out, "<b class=\"x\" style=\"left:");
		percent(out, (l.s[l.n - 1].to - scale->from) / scale->length);
		buf_str(out, "\">✕</b>");
	}
	buf_str(out, "</div></div>\n");
}

/* Append the legend of what these rows have. */
static void
write_legend(const struct row *const *rows, size_t n, bool shaded, struct buf *out)
{
	bool used[KINDS] = {false}, failed = false;
	int open = -1;
	for (size_t i = 0; i < n; i++) {
		struct life l = life_of(&rows[i]->times);
		for (size_t k = 0; k < l.n; k++) {
			used[l.s[k].kind] = true;
			if (l.s[k].open && open < 0)
				open = l.s[k].kind;
		}
		failed = failed || (rows[i]->kind != KIND_OK && rows[i]->kind != KIND_OPEN);
	}
	buf_str(out, "<ul class=\"legend\">");
	for (int k = 0; k < KINDS; k++)
		if (used[k])
			buf_fmt(out, "<li><i class=\"%s\"></i><b>%s</b> <small>%s</small>",
				kinds[k].class, kinds[k].name, kinds[k].more);
	if (failed)
		buf_str(out, "<li><b class=\"x\">✕</b><b>failed</b>");
	if (shaded)
		buf_str(out, "<li><i class=\"pause\"></i><b>paused</b> <small>after \"too many\", "
			     "a tool sent nothing</small>");
	if (open >= 0)
		buf_fmt(out,
			"<li><i class=\"%s open\"></i><b>still open</b> <small>drawn up to the "
			"ledger's last line</small>",
			kinds[open].class);
	buf_str(out, "</ul>\n");
}

static struct scale
scale_of(const struct row *const *rows, size_t n)
{
	double from = NAN, to = NAN;
	for (size_t i = 0; i < n; i++) {
		struct life l = life_of(&rows[i]->times);
		from = fmin(from, rows[i]->times.begun);
		to = fmax(to, l.s[l.n - 1].to);
	}
	struct scale scale = {from, fmax(to - from, 1), 0};
	scale.step = axis_step(scale.length);
	return scale;
}

static void
write_lanes(const struct report *r, const struct row *const *rows, size_t n, struct buf *out)
{
	struct scale scale = scale_of(rows, n);
	struct buf shading = {0};
	bool shaded = write_shading(r, &shading, &scale);
	buf_str(out, "<section><h2>Timeline</h2>\n");
	write_legend(rows, n, shaded, out);
	buf_fmt(out, "<div class=\"time%s\" style=\"--step:", n > FEW ? " dense" : "");
	percent(out, scale.step / scale.length);
	buf_fmt(out, "%s\">\n", shaded ? buf_cstr(&shading) : "");
	write_axis(out, &scale);
	for (size_t i = 0; i < n; i++) {
		page_fold(out, i, n);
		write_lane(out, rows[i], &scale);
	}
	if (n > FOLD)
		buf_str(out, "</details>\n");
	write_axis(out, &scale);
	buf_str(out, "</div></section>\n");
	buf_free(&shading);
}

void
write_timeline(const struct report *r, struct buf *out)
{
	const struct row **rows = mem_alloc((r->n + 1) * sizeof *rows);
	size_t n = 0;
	for (size_t i = 0; i < r->n; i++)
		if (report_shows(r, &r->rows[i]) && !isnan(r->rows[i].times.begun))
			rows[n++] = &r->rows[i];
	if (n)
		write_lanes(r, rows, n, out);
	free(rows);
}
