/*
 * A line of a ledger, tc-ledger(5): one JSON object whose last member is the
 * CRC-32 of all bytes before it.
 */
#ifndef TC_LEDGER_LINE_H
#define TC_LEDGER_LINE_H

#include "base/buf.h"

/* Closes the object that b holds (its '{' open still) with the crc member and a line end. */
void ledger_line_seal(struct buf *b);

/* NULL if line (without its line end) is whole, else why not (static). */
const char *ledger_line_check(struct span line);

#endif
