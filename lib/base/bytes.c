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

void
bytes_show(struct buf *b, double n)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	size_t i = 0;
	for (; n >= 1000 && i < 6; i++)
		n /= 1024;
	buf_fmt(b, i && n < 9.95 ? "%.1f %s" : "%.0f %s", n, units[i]);
}
