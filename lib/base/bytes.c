#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *
bytes_option(void *to, const char *value)
{
	static const char wrong[] = "expected a number of bytes such as 1500, 64K, 10M or 1.5G";
	static const char units[] = "kmgt";
	char *end;
	int64_t *out = to;
	if (*value < '0' || *value > '9' || strcspn(value, "xXeEpP") < strlen(value))
		return wrong;
	double n = strtod(value, &end);
	for (size_t i = 0; *end && i < 4; i++)
		if ((*end | 32) == units[i]) {
			for (size_t k = 0; k <= i; k++)
				n *= 1024;
			end++;
			break;
		}
	if (strcasecmp(end, "b") == 0 || strcasecmp(end, "ib") == 0)
		end += strlen(end);
	if (*end || n < 1 || n >= 9e18)
		return wrong;
	*out = (int64_t)n;
	return NULL;
}

static const char *const unit_names[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

/* Divide n down to three digits; return its unit. */
static size_t
scale(double *n)
{
	size_t i = 0;
	for (; *n >= 1000 && i < sizeof unit_names / sizeof *unit_names - 1; i++)
		*n /= 1024;
	return i;
}

static void
add_number(struct buf *b, double n, size_t unit)
{
	buf_fmt(b, unit && n < 9.95 ? "%.1f" : "%.0f", n);
}

void
bytes_show(struct buf *b, double n)
{
	size_t unit = scale(&n);
	add_number(b, n, unit);
	buf_fmt(b, " %s", unit_names[unit]);
}

void
bytes_show_of(struct buf *b, double n, double of)
{
	size_t unit = scale(&of);
	for (size_t i = 0; i < unit; i++)
		n /= 1024;
	add_number(b, n, unit);
	buf_ch(b, '/');
	add_number(b, of, unit);
	buf_fmt(b, " %s", unit_names[unit]);
}
