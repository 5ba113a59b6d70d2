#include "ledger/line.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "json/json.h"

/* ,"crc":"0123abcd"} */
enum { TAIL = 18 };

static void
tail(char out[TAIL + 1], struct span covered)
{
	snprintf(out, TAIL + 1, ",\"crc\":\"%08lx\"}", (unsigned long)crc32_of(covered.p, covered.n));
}

void
ledger_line_seal(struct buf *b)
{
	char text[TAIL + 1];
	tail(text, buf_all(b));
	buf_add(b, text, TAIL);
	buf_ch(b, '\n');
}

const char *
ledger_line_check(struct span line)
{
	char text[TAIL + 1];
	if (line.n < TAIL + 1)
		return "too short";
	tail(text, (struct span){line.p, line.n - TAIL});
	if (memcmp(line.p + line.n - TAIL, text, TAIL) != 0)
		return "its checksum does not match";
	return json_check_loose(line, NULL); /* a job in it is the service's own bytes */
}
