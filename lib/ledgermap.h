/* What a ledger knows of each item and job: the last line about it. Some 48 bytes each, whatever the line holds. */
#ifndef TC_LEDGERMAP_H
#define TC_LEDGERMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "buf.h"

enum ledger_type { LEDGER_NONE, LEDGER_INTENT, LEDGER_CREATED, LEDGER_ENDED, LEDGER_DONE, LEDGER_PAUSE };

struct ledger_entry {
	unsigned char key[16]; /* of a SHA-256 */
	off_t at;              /* where its line starts */
	size_t n;              /* the line's length */
	int64_t lock;          /* of an intent: the number of who wrote it, see ledgerlock.h */
	unsigned gen;          /* generation: 1, or more after --again */
	enum ledger_type type;
};

struct ledger_map {
	struct ledger_entry *slot;
	size_t n, cap;
};

/*
 * kind tells apart what may have the same text: 'k' item keys, 'c' jobs that
 * items have, 'j' jobs that ended, 'u' their URLs, 'f' the files that their
 * outputs were fetched into.
 */
struct ledger_entry *ledgermap_get(const struct ledger_map *m, char kind, struct span text); /* NULL: nothing known */
struct ledger_entry *ledgermap_put(struct ledger_map *m, char kind, struct span text);       /* made if not there */

void ledgermap_free(struct ledger_map *m);

#endif
