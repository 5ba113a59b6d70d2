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
	snprintf(out, TAIL + 1, ",\"crc\":\"%08lx\"}",
		 (unsigned long)crc32_of(covered.p, covered.n));
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

const char *const ledger_words[] = {"run", "intent", "created", "ended", "done", "put", "pause"};

enum ledger_type
ledger_file_type(struct span line)
{
	struct span word;
	if (json_get(line, "t", &word) != 1)
		return LEDGER_NONE;
	for (int i = LEDGER_INTENT; i <= LEDGER_PUT; i++)
		if (word.n == strlen(ledger_words[i]) + 2 &&
		    memcmp(word.p + 1, ledger_words[i], word.n - 2) == 0)
			return (enum ledger_type)i;
	return LEDGER_NONE;
}

unsigned
ledger_file_generation(struct span line)
{
	struct span v;
	double n;
	return json_get(line, "gen", &v) == 1 && json_number(v, &n) && n >= 1 && n < 1e6
		       ? (unsigned)n
		       : 1;
}
