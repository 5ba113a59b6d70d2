#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/date.h"
#include "json/json.h"

/* Append a number with a comma before each three digits of its integer part. */
static void
add_grouped(struct buf *out, const char *number)
{
	size_t n = strspn(number + (*number == '-'), "0123456789");
	if (*number == '-')
		buf_ch(out, *number++);
	for (size_t i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			buf_ch(out, ',');
		buf_ch(out, number[i]);
	}
	buf_str(out, number + n);
}

void
text_fixed(struct buf *out, double v, int digits)
{
	double unit = pow(10, digits);
	char number[40];
	if (fabs(v) >= 1e12) {
		text_exact(out, v);
		return;
	}
	/* half away from zero, as people round */
	snprintf(number, sizeof number, "%.*f", digits, copysign(round(fabs(v) * unit) / unit, v));
	add_grouped(out, number);
}

void
text_number(struct buf *out, double v)
{
	size_t from = out->n;
	text_fixed(out, v, 3);
	if (!memchr(out->p + from, '.', out->n - from))
		return;
	while (out->p[out->n - 1] == '0')
		out->n--;
	if (out->p[out->n - 1] == '.')
		out->n--;
}

void
text_exact(struct buf *out, double v)
{
	size_t from = out->n;
	for (int digits = 15; digits <= 17; digits++) {
		out->n = from;
		buf_fmt(out, "%.*g", digits, v);
		if (strtod(buf_cstr(out) + from, NULL) >= v &&
		    strtod(buf_cstr(out) + from, NULL) <= v)
			return;
	}
}

void
text_money(struct buf *out, double v, const char *currency)
{
	if (fabs(v) >= 10) {
		text_fixed(out, v, 2);
	} else {
		text_fixed(out, v, 4);
		if (out->n > 2 && memcmp(out->p + out->n - 2, "00", 2) == 0)
			out->n -= 2;
	}
	if (*currency)
		buf_fmt(out, " %s", currency);
}

void
text_duration(struct buf *out, double v)
{
	if (v < 59.95) {
		text_fixed(out, v, 1);
		buf_str(out, " s");
		return;
	}
	long long s = llround(v < 1e15 ? v : 1e15);
	if (s < 3600)
		buf_fmt(out, "%lldm %02llds", s / 60, s % 60);
	else if (s < 86400)
		buf_fmt(out, "%lldh %02lldm", s / 3600, s % 3600 / 60);
	else
		buf_fmt(out, "%lldd %02lldh", s / 86400, s % 86400 / 3600);
}

void
text_bytes(struct buf *out, double n)
{
	static const char *const unit[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	size_t i = 0;
	while (n >= 1023.95 && i < sizeof unit / sizeof *unit - 1) {
		n /= 1024;
		i++;
	}
	text_fixed(out, n, i > 0 && n < 99.95);
	buf_fmt(out, " %s", unit[i]);
}

void
text_count(struct buf *out, size_t n)
{
	char digits[24];
	snprintf(digits, sizeof digits, "%zu", n);
	add_grouped(out, digits);
}

void
text_html(struct buf *out, const char *text)
{
	for (size_t n; *text; text += n) {
		n = strcspn(text, "<>&\"'");
		buf_add(out, text, n);
		if (!text[n])
			continue;
		buf_str(out, text[n] == '<'   ? "&lt;"
			     : text[n] == '>' ? "&gt;"
			     : text[n] == '&' ? "&amp;"
			     : text[n] == '"' ? "&quot;"
					      : "&#39;");
		n++;
	}
}

/* Read one character of valid UTF-8 at p into *c; return its length. */
static size_t
character(const unsigned char *p, unsigned *c)
{
	size_t n = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	*c = n == 1 ? *p : *p & (0xffu >> (n + 1));
	for (size_t i = 1; i < n && p[i]; i++)
		*c = *c << 6 | (p[i] & 0x3f);
	return n;
}

struct range {
	unsigned from, to;
};

static bool
among(const struct range *r, size_t n, unsigned c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= r[i].from && c <= r[i].to)
			return true;
	return false;
}

size_t
text_width(const char *text)
{
	/* Unicode's general categories Mn, Me and Cf, and East Asian Width W and F (UAX #11), as
	 * blocks. */
	static const struct range none[] = {
		{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},     {0x610, 0x61a},
		{0x64b, 0x65f},   {0x900, 0x902},   {0x93c, 0x93c},     {0x941, 0x948},
		{0xe31, 0xe31},   {0xe34, 0xe3a},   {0xe47, 0xe4e},     {0x1ab0, 0x1aff},
		{0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x20d0, 0x20ff},   {0xfe00, 0xfe0f},
		{0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0x1f3fb, 0x1f3ff}, {0xe0100, 0xe01ef}};
	static const struct range wide[] = {
		{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xa960, 0xa97f},
		{0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
		{0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
		{0x1fa70, 0x1faff}, {0x20000, 0x3fffd}};
	size_t width = 0;
	for (const unsigned char *p = (const unsigned char *)text; *p;) {
		unsigned c;
		p += character(p, &c);
		if (c < 0x300)
			width++;
		else if (!among(none, sizeof none / sizeof *none, c))
			width += among(wide, sizeof wide / sizeof *wide, c) ? 2 : 1;
	}
	return width;
}

double
text_when(const char *text)
{
	int64_t wall;
	return strchr(text, 'T') && date_parse(text, &wall) ? (double)wall / SECOND : NAN;
}

double
text_when_of(struct span object, const char *name)
{
	char *text = json_text_of(object, name);
	double at = text ? text_when(text) : NAN;
	free(text);
	return at;
}

void
text_time(struct buf *out, const char *format, double at)
{
	time_t t = (time_t)floor(at);
	struct tm tm;
	char text[64];
	if (gmtime_r(&t, &tm) && strftime(text, sizeof text, format, &tm))
		buf_str(out, text);
}
