/*
 * The report as one self-contained HTML page. All text from outside is
 * escaped, and only web addresses become links. Long lists are folded, because
 * a browser lays out only what it shows.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"
#include "text.h"

static void
many(struct buf *out, size_t n, const char *one, const char *more)
{
	text_count(out, n);
	buf_fmt(out, " %s", n == 1 ? one : more);
}

static void
tile(struct buf *out, const char *class, const char *big, const char *small)
{
	buf_fmt(out, "<div class=\"tile %s\"><b>", class);
	text_html(out, big);
	buf_str(out, "</b><span>");
	text_html(out, small);
	buf_str(out, "</span></div>\n");
}

static void
count_tile(struct buf *out, const char *class, size_t n, const char *small)
{
	struct buf text = {0};
	text_count(&text, n);
	tile(out, class, buf_cstr(&text), small);
	buf_free(&text);
}

static void
fact(struct buf *out, double v, void (*write)(struct buf *, double), const char *small)
{
	struct buf text = {0};
	if (isnan(v))
		return;
	write(&text, v);
	tile(out, "fact", buf_cstr(&text), small);
	buf_free(&text);
}

static void
cost_tile(void *out, double cost, const char *currency)
{
	struct buf text = {0};
	text_money(&text, cost, currency);
	tile(out, "fact", buf_cstr(&text), "cost");
	buf_free(&text);
}

void
page_span(const struct report *r, double *from, double *to)
{
	*from = *to = NAN;
	for (size_t i = 0; i < r->n; i++) {
		const struct times *t = &r->rows[i].times;
		const double at[] = {t->begun, t->created, t->ended, t->done};
		for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
			*from = fmin(*from, at[k]);
			*to = fmax(*to, at[k]);
		}
	}
}

static double
paused(const struct report *r, double to)
{
	double sum = NAN;
	for (size_t i = 0; i < r->pauses_n; i++) {
		double length = fmin(r->pauses[i].to, to) - r->pauses[i].from;
		if (length > 0)
			sum = isnan(sum) ? length : sum + length;
	}
	return sum;
}

static void
write_tiles(const struct report *r, struct buf *out)
{
	size_t failed = r->count[KIND_FAILED] + r->count[KIND_LATER];
	double from, to;
	page_span(r, &from, &to);
	count_tile(out, "ok", r->count[KIND_OK], "succeeded");
	count_tile(out, failed ? "failed" : "none", failed, "failed");
	if (r->count[KIND_UNSENT])
		count_tile(out, "open", r->count[KIND_UNSENT], "not attempted");
	if (r->count[KIND_OPEN])
		count_tile(out, "open", r->count[KIND_OPEN], "open");
	if (r->unreadable)
		count_tile(out, "failed", r->unreadable,
			   r->unreadable == 1 ? "line unreadable" : "lines unreadable");
	fact(out, to - from, text_duration, "first to last");
	fact(out, paused(r, to), text_duration, "paused, after \"too many\"");
	fact(out, report_sum(r, offsetof(struct row, length)), text_duration, "of media");
	fact(out, report_sum(r, offsetof(struct row, minutes)), text_number, "minutes billed");
	report_costs(r, cost_tile, out);
	fact(out, report_sum(r, offsetof(struct row, size)), text_bytes, "of sources");
	fact(out, report_sum(r, offsetof(struct row, bytes)), text_bytes, "of output");
}

/* Summarize the batch in a sentence or two. */
static void
write_verdict(const struct report *r, struct buf *out)
{
	size_t ok = r->count[KIND_OK], failed = r->count[KIND_FAILED], open = r->count[KIND_OPEN];
	size_t again = r->count[KIND_LATER] + r->count[KIND_UNSENT];
	if (!r->n && !r->unreadable) {
		buf_str(out, "There were no items.");
		return;
	}
	if (ok == r->n && !r->unreadable) {
		buf_str(out, "All ");
		many(out, r->n, "item", "items");
		buf_str(out, " succeeded.");
		return;
	}
	text_count(out, ok);
	buf_str(out, " of ");
	many(out, r->n, "item", "items");
	buf_str(out, " succeeded.");
	if (failed) {
		buf_ch(out, ' ');
		text_count(out, failed);
		buf_fmt(out, " failed permanently: running the batch again will not help %s.",
			failed == 1 ? "it" : "them");
	}
	if (again) {
		buf_ch(out, ' ');
		text_count(out, again);
		buf_str(out, " failed temporarily or not attempted: run the same command again.");
	}
	if (open) {
		buf_ch(out, ' ');
		text_count(out, open);
		buf_str(out, " had not ended when this was written.");
	}
	if (r->unreadable) {
		buf_ch(out, ' ');
		many(out, r->unreadable, "line", "lines");
		buf_str(out, " could not be read.");
	}
}

static void
write_share(const struct report *r, struct buf *out)
{
	const struct {
		const char *class;
		size_t n;
	} part[] = {{"ok", r->count[KIND_OK]},
		    {"failed", r->count[KIND_FAILED] + r->count[KIND_LATER]},
		    {"open", r->count[KIND_OPEN] + r->count[KIND_UNSENT]}};
	if (!r->n)
		return;
	buf_str(out, "<div class=\"share\">");
	for (size_t i = 0; i < sizeof part / sizeof *part; i++)
		if (part[i].n)
			buf_fmt(out, "<i class=\"%s\" style=\"flex:%zu\"></i>", part[i].class,
				part[i].n);
	buf_str(out, "</div>");
}

static void
write_subtitle(const struct report *r, struct buf *out)
{
	struct buf day[2] = {{0}, {0}};
	double from, to;
	page_span(r, &from, &to);
	if (!r->ledger) {
		buf_str(out, "from records, which have no times: a ledger has a timeline too");
		return;
	}
	struct arena a = {0};
	buf_str(out, "from ledger <b>");
	text_html(out, arena_text(&a, span_of(r->ledger), true));
	buf_str(out, "</b>");
	if (!isnan(from)) {
		text_time(&day[0], "%Y-%m-%d", from);
		text_time(&day[1], "%Y-%m-%d", to);
		buf_fmt(out, ": %s ", buf_cstr(&day[0]));
		text_time(out, "%H:%M:%S", from);
		buf_str(out, " to ");
		if (strcmp(buf_cstr(&day[0]), buf_cstr(&day[1])) != 0)
			buf_fmt(out, "%s ", buf_cstr(&day[1]));
		text_time(out, "%H:%M:%S", to);
		buf_str(out, " UTC");
	}
	arena_free(&a);
	buf_free(&day[0]);
	buf_free(&day[1]);
}

void
write_page(const struct report *r, struct buf *out)
{
	buf_str(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		     "<meta name=\"color-scheme\" content=\"light dark\">\n"
		     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		     "style-src 'unsafe-inline'\">\n");
	buf_fmt(out, "<title>Batch: %zu succeeded, %zu failed</title>\n", r->count[KIND_OK],
		r->count[KIND_FAILED] + r->count[KIND_LATER]);
	buf_str(out, "<style>");
	for (const char *const *line = report_style; *line; line++)
		buf_str(out, *line);
	buf_str(out, "</style></head><body><main>\n<header><h1>Batch report</h1><p>");
	write_subtitle(r, out);
	buf_str(out, "</p></header>\n<section><p class=\"verdict\">");
	write_verdict(r, out);
	buf_str(out, "</p><div class=\"tiles\">\n");
	write_tiles(r, out);
	buf_str(out, "</div>");
	write_share(r, out);
	buf_str(out, "</section>\n");
	page_failures(r, out);
	write_timeline(r, out);
	page_items(r, out);
	buf_str(out,
		"<footer>Times are UTC. Written by tc-report.</footer>\n</main></body></html>\n");
}
