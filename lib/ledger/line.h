/*
 * A line of a ledger, tc-ledger(5): one JSON object whose last member is the
 * CRC-32 of all bytes before it. Private to lib/ledger.
 */
#ifndef TC_LEDGER_LINE_H
#define TC_LEDGER_LINE_H

#include "base/buf.h"

/* Close the object in b (its '{' still open) with the crc member and a line end. */
void ledger_line_seal(struct buf *b);

/* Return NULL if line (without its line end) is complete, else what is wrong (static). */
const char *ledger_line_check(struct span line);

#endif
