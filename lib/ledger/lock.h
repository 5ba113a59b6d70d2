/*
 * Who has a ledger open: each process holds a byte of it whose number it drew
 * at random. A pid says nothing, for containers and hosts count their own, and
 * the system gives it out again.
 */
#ifndef TC_LEDGER_LOCK_H
#define TC_LEDGER_LOCK_H

#include "ledger/file.h"

/* Draws a number and locks its byte, for as long as this process has the ledger open. Exits 74 if it cannot. */
void ledgerlock_own(struct ledger *l);

/* Does the process that wrote this number into a line still have the ledger open? Not so for our own. */
bool ledgerlock_alive(struct ledger *l, int64_t number);

/* Waits for the one place that pools have, for some seconds. Exits 78 saying who has it. */
void ledgerlock_pool(struct ledger *l);

/* The byte by which the children that a process of that number started for an item hold it. */
off_t ledgerlock_item(const char *key, int64_t number);

/* Is that byte held? */
bool ledgerlock_held(struct ledger *l, off_t at);

/* Adds "pid", "host" and "lock", by which others tell who wrote a line; reads them back. */
void ledgerlock_sign(const struct ledger *l, struct buf *line);
int64_t ledgerlock_number(struct span line); /* 0: none */
void ledgerlock_read(struct ledger_holder *h, struct span line);

/* "pid 12 on HOST" */
void ledgerlock_name(struct buf *b, const struct ledger_holder *h);

#endif
