#include "ledger/line.h"

#include <string.h>

#include "base/digest.h"
#include "json/json.h"

/* The end of a line, around eight hex digits. */
static const char before[] = ",\"crc\":\"", after[] = "\"}";
enum { GENERATION_MAX = 999999 };
enum { BEFORE = sizeof before - 1, DIGITS = 8, TAIL = BEFORE + DIGITS + sizeof after - 1 };

static void
tail(char out[TAIL], struct span covered)
{
	uint32_t crc = crc32_of(covered.p, covered.n);
	memcpy(out, before, BEFORE);
	for (int i = 0; i < DIGITS; i++)
		out[BEFORE + i] = "0123456789abcdef"[crc >> 4 * (DIGITS - 1 - i) & 15];
	memcpy(out + BEFORE + DIGITS, after, TAIL - BEFORE - DIGITS);
}

void
ledger_line_seal(struct buf *b)
{
	char text[TAIL];
	tail(text, buf_all(b));
	buf_add(b, text, TAIL);
	buf_ch(b, '\n');
}

const char *
ledger_line_unchanged(struct span line)
{
	char text[TAIL];
	if (line.n < TAIL + 1)
		return "too short";
	tail(text, (struct span){line.p, line.n - TAIL});
	return memcmp(line.p + line.n - TAIL, text, TAIL) != 0 ? "its checksum does not match"
							       : NULL;
}

const char *
ledger_line_check(struct span line)
{
	const char *why = ledger_line_unchanged(line);
	/* a job in it is the service's own bytes */
	return why ? why : json_check_loose(line, NULL);
}

const char *const ledger_words[] = {"run", "intent", "created", "ended", "done", "put", "pause"};

void
ledger_line_read(struct ledger_line *m, struct span line)
{
	*m = (struct ledger_line){{[LINE_T] = {.name = "t"},
				   [LINE_TOOL] = {.name = "tool"},
				   [LINE_KEY] = {.name = "key"},
				   [LINE_ID] = {.name = "id"},
				   [LINE_PROVIDER] = {.name = "provider"},
				   [LINE_PART] = {.name = "part"},
				   [LINE_N] = {.name = "n"},
				   [LINE_GEN] = {.name = "gen"},
				   [LINE_LOCK] = {.name = "lock"},
				   [LINE_PID] = {.name = "pid"},
				   [LINE_HOST] = {.name = "host"},
				   [LINE_RUN] = {.name = "run"},
				   [LINE_ABOUT] = {.name = "about"}}};
	json_pick(line, m->at, LINE_MEMBERS);
}

bool
ledger_line_text(const struct ledger_line *m, enum ledger_member which, struct buf *b)
{
	b->n = 0;
	return m->at[which].found == 1 && json_decode(b, m->at[which].value) &&
	       !(b->n && memchr(b->p, '\0', b->n));
}

enum ledger_type
ledger_line_type(const struct ledger_line *m)
{
	struct span word = m->at[LINE_T].value;
	if (m->at[LINE_T].found != 1)
		return LEDGER_NONE;
	for (int i = LEDGER_INTENT; i <= LEDGER_PUT; i++)
		if (word.n == strlen(ledger_words[i]) + 2 &&
		    memcmp(word.p + 1, ledger_words[i], word.n - 2) == 0)
			return (enum ledger_type)i;
	return LEDGER_NONE;
}

int64_t
ledger_line_number(const struct ledger_line *m, enum ledger_member which)
{
	double n;
	return m->at[which].found == 1 && json_number(m->at[which].value, &n) && n >= 1 &&
			       n <= (double)LEDGER_NUMBER_MAX
		       ? (int64_t)n
		       : 0;
}

unsigned
ledger_line_generation(const struct ledger_line *m)
{
	int64_t n = ledger_line_number(m, LINE_GEN);
	return n && n <= GENERATION_MAX ? (unsigned)n : 1;
}
