/*
 * The ledger, tc-ledger(5): an append-only file of JSON lines that says what
 * was about to be done before it is done, so that any run can be killed at
 * any instant and run again: nothing twice, nothing lost.
 *
 * Any number of processes may write to one ledger. Each line is one write(2)
 * under a lock; ledger_commit() makes all lines since the last durable with
 * one fdatasync(2). A line that cannot be written or made durable ends the
 * program with status 74.
 */
#ifndef TC_LEDGER_LEDGER_H
#define TC_LEDGER_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "ledger/index.h"

struct ledger;

struct ledger_open {
	const char *path;
	const char *tool;
	const char *run;  /* what is run, as a hash; NULL: not held against the ledger's */
	bool force;       /* go on with a ledger that another command made */
	bool exclusive;       /* the only one of its kind: a pool */
};

/*
 * Opens or makes (0600) the ledger, reads it, sets aside to PATH.torn what a
 * crash left at its end, and makes the rest durable. Exits 78 for a file that
 * is no ledger, is damaged, was made by another command, or is still held by
 * another pool after 5 s; 74 if it cannot be read.
 */
struct ledger *ledger_open(const struct ledger_open *o);
void ledger_close(struct ledger *l);

/* Does it know of anything yet? */
bool ledger_empty(const struct ledger *l);

/* What the ledger knows of an item, by its key. */
enum claim {
	CLAIM_NEW,   /* nothing: it is ours now, its intent is written */
	CLAIM_DOUBT, /* intent of a process that is gone: it may have been done; ours now */
	CLAIM_BUSY,  /* intent of a process that lives: look again later */
	CLAIM_RECORDED, /* created, ended or done: the entry's line says */
};
struct ledger_found {
	struct span line;  /* the line, borrowed until the next call; empty for none */
	unsigned gen;      /* the item's generation */
	enum ledger_type type;
	int64_t since;     /* of an intent: wall time of the first one */
	bool lost;         /* of an intent: an answer was lost after it was sent (else its process was killed) */
};

/*
 * Looks an item up and, if nothing stands against it, writes its intent, in
 * one locked step. An item that ended without a job (LEDGER_ENDED) is new.
 * input is a JSON value, for people. again: the generation that a new one is
 * to follow, 0 for none.
 */
enum claim ledger_claim(struct ledger *l, const char *key, struct span input, unsigned again, struct ledger_found *known);

/* Writes an intent anew, for it is sent once more: what counts is when it was sent last. */
void ledger_renew(struct ledger *l, const char *key, struct ledger_found *known);

/* Notes that the answer to what an intent announced was lost: it stays in doubt. */
void ledger_lost(struct ledger *l, const char *key, const struct ledger_found *known);

/* Only looks. False: nothing known. */
bool ledger_find(struct ledger *l, enum ledger_kind kind, struct span text, struct ledger_found *known);

/*
 * Appends a line: type and time are put before the members (`"name":value`
 * pairs without braces, as json_raw() and its like write after an open '{').
 */
void ledger_write(struct ledger *l, enum ledger_type type, const char *key, unsigned gen, struct span members);

/*
 * Notes, for whoever looks back, that nothing is sent for so long (microseconds).
 * What one pause is made longer by is noted once it is a second.
 */
void ledger_pause(struct ledger *l, int64_t length);

/*
 * Makes durable what was written, and what other processes' lines said that
 * this one goes by. Exits 74 if another file has the ledger's name by now.
 */
void ledger_commit(struct ledger *l);

/* The text that a job goes by (LEDGER_ENDED_JOB and LEDGER_JOB_URLS of ledgermap.h): provider and id. */
void ledger_job_key(struct buf *out, const char *provider, const char *id);

/* The same of its output number n ('f'): what to put behind the job's. */
void ledger_output_key(struct buf *out, struct span n);

/* True if an item of this ledger, whichever process made it, has this job. */
bool ledger_has_job(const struct ledger *l, const char *provider, const char *id);

/*
 * Keeps all other writers out, having read what they wrote, until the next
 * ledger_write() or ledger_unlock(): for looking and writing in one step.
 */
void ledger_lock(struct ledger *l);
void ledger_unlock(struct ledger *l);

/*
 * A descriptor that holds the item's lock until its last copy is closed, for a
 * child to inherit; -1 if the last line about the item is the intent of a run
 * whose child still holds its own.
 */
int ledger_lock_item(struct ledger *l, const char *key);

#endif
