/*
 * A line of a ledger, tc-ledger(5): one JSON object whose last member is the
 * CRC-32 of all bytes before it.
 */
#ifndef TC_LEDGERLINE_H
#define TC_LEDGERLINE_H

#include "buf.h"

/* Closes the object that b holds (its '{' open still) with the crc member and a line end. */
void ledgerline_seal(struct buf *b);

/* NULL if line (without its line end) is whole, else why not (static). */
const char *ledgerline_check(struct span line);

#endif
