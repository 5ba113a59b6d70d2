/*
 * The record, tc-record(5): one JSON object a line. Reading one tells what
 * kind of line it is; writing one keeps every byte that is not ours.
 */
#ifndef TC_FLOW_RECORD_H
#define TC_FLOW_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "flow/failure.h"
#include "flow/item.h"
#include "flow/outcome.h"

enum record_kind {
	RECORD_BAD,     /* why says what is wrong */
	RECORD_BARE,    /* text, or a JSON string */
	RECORD_OBJECT,  /* a JSON object without a boolean ok */
	RECORD_RECORD,  /* a JSON object with one */
};

struct record {
	enum record_kind kind;
	const char *why;    /* static */
	size_t why_at;      /* the byte where JSON stopped making sense */
	struct span line;   /* as given, borrowed */
	struct span value;  /* of a JSON line: the value, trimmed; else empty */
	char *text;         /* of a bare line: the text, owned; else NULL */
	bool ok;            /* of a record */
	struct span error;  /* of a record: its error member, empty if it has none */
};

/*
 * NULL if the line is JSON, else why not and where. Strict, but for a record's
 * job, which is the service's own bytes: json_check_loose().
 */
const char *record_check(struct span line, size_t *at);

/* Looks at an item's line, which must outlive the record. Never fails: a bad line is RECORD_BAD. */
void record_read(struct record *r, const struct item *it);
void record_free(struct record *r);

/*
 * A string member of the object: decoded (caller frees), or NULL. A member
 * that is there twice, or is no string, or has U+0000 in it, makes the record
 * RECORD_BAD; a number is taken as its digits.
 */
char *record_text(struct record *r, const char *name);

/*
 * The job id of a line for tc-wait and tc-url: the record's id, or the bare
 * line itself. *id is NULL and the record RECORD_BAD if it has none that can be
 * asked for, or was made by another provider; an object without ok is a
 * record from here on.
 */
void record_id(struct record *r, const char *provider, char **id);

/*
 * Return how a record with "ok":false counts, by its error member: as
 * OUTCOME_NOT_ATTEMPTED, OUTCOME_TEMPORARY or OUTCOME_FAILED. An empty span is
 * OUTCOME_FAILED.
 */
enum outcome record_outcome(struct span error);

/*
 * Return true for a record of a job that was given up, not one that ended
 * (interrupted, timeout, not_attempted): its job can be asked about again.
 */
bool record_goes_on(const struct record *r);

/*
 * Set *e to what is wrong with a RECORD_BAD of line number `number` (from 1):
 * invalid_input, with the byte where JSON ends to make sense.
 */
void record_problem(const struct record *r, size_t number, struct failure *e);

#endif
