/*
 * Which processes have a ledger open: each locks a byte of it, whose number it
 * drew at random. A pid identifies nothing here: containers and hosts have
 * their own, and the system reuses them. Private to lib/ledger.
 */
#ifndef TC_LEDGER_LOCK_H
#define TC_LEDGER_LOCK_H

#include "ledger/file.h"
#include "ledger/line.h"

/*
 * Draw a number and lock its byte, for as long as this process has the ledger
 * open. Exit 74 if that fails.
 */
void ledger_lock_own(struct ledger *l);

/*
 * Return true if the process that wrote this number into a line still has the
 * ledger open; false for our own.
 */
bool ledger_lock_alive(struct ledger *l, int64_t number);

/* Try to take the lock that only one pool can hold. Return false if another pool has it. */
bool ledger_lock_try_pool(struct ledger *l);

/* Return the byte that the children hold which the process of that number started for an item. */
off_t ledger_lock_byte(const char *key, int64_t number);

/* Return true if another process holds that byte. */
bool ledger_lock_held(struct ledger *l, off_t at);

/* Append "pid", "host" and "lock", which tell others who wrote a line; read them back. */
void ledger_lock_sign(const struct ledger *l, struct buf *line);
int64_t ledger_lock_number(const struct ledger_line *m); /* 0: it has none */
void ledger_lock_read(struct ledger_holder *h, const struct ledger_line *m);

/* Append "pid 12 on HOST". */
void ledger_lock_name(struct buf *b, const struct ledger_holder *h);

#endif
