/*
 * A line of a ledger, tc-ledger(5): one JSON object whose last member is the
 * CRC-32 of all bytes before it. Private to lib/ledger.
 */
#ifndef TC_LEDGER_LINE_H
#define TC_LEDGER_LINE_H

#include "base/buf.h"
#include "ledger/index.h"

/* "run", "intent", "created", ...: by enum ledger_type. */
extern const char *const ledger_words[];

/* Close the object in b (its '{' still open) with the crc member and a line end. */
void ledger_line_seal(struct buf *b);

/* Return NULL if line (without its line end) is complete, else what is wrong (static). */
const char *ledger_line_check(struct span line);

/*
 * Return a line's type, LEDGER_NONE for a run line and for types of a newer
 * version; return its generation.
 */
enum ledger_type ledger_file_type(struct span line);
unsigned ledger_file_generation(struct span line);

#endif
