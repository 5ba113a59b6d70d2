/*
 * A line of a ledger, tc-ledger(5): one JSON object whose last member is the
 * CRC-32 of all bytes before it. Private to lib/ledger.
 */
#ifndef TC_LEDGER_LINE_H
#define TC_LEDGER_LINE_H

#include "base/buf.h"
#include "ledger/index.h"
#include "json/json.h"

/* The words "run", "intent", "created", ..., by enum ledger_type. */
extern const char *const ledger_words[];

/* Close the object in b (its '{' still open) with the crc member and a line end. */
void ledger_line_seal(struct buf *b);

/* Return NULL if line (without its line end) is complete, else what is wrong (static). */
const char *ledger_line_check(struct span line);

/* Return NULL if these are the bytes that were sealed, else what is wrong: enough for a line that
 * was checked before. */
const char *ledger_line_unchanged(struct span line);

/* The members of a line that the index needs, got in one walk. */
enum ledger_member {
	LINE_T,
	LINE_TOOL,
	LINE_KEY,
	LINE_ID,
	LINE_PROVIDER,
	LINE_PART,
	LINE_N,
	LINE_GEN,
	LINE_LOCK,
	LINE_PID,
	LINE_HOST,
	LINE_RUN,
	LINE_ABOUT,
	LINE_MEMBERS
};
struct ledger_line {
	struct json_pick at[LINE_MEMBERS];
};
void ledger_line_read(struct ledger_line *m, struct span line);

/* Get the member's text into b. Return false if it is missing, not a string, or contains U+0000. */
bool ledger_line_text(const struct ledger_line *m, enum ledger_member which, struct buf *b);

/* Get a member that is a number from 1 to LEDGER_NUMBER_MAX, exact as a double; else 0. */
#define LEDGER_NUMBER_MAX (((int64_t)1 << 52) - 1)
int64_t ledger_line_number(const struct ledger_line *m, enum ledger_member which);

/*
 * Return a line's type, LEDGER_NONE for a run line and for types of a newer
 * version; return its generation.
 */
enum ledger_type ledger_line_type(const struct ledger_line *m);
unsigned ledger_line_generation(const struct ledger_line *m);

#endif
