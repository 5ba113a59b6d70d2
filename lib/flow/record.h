/*
 * The record, tc-record(5): one JSON object per line. Reading finds out what
 * kind a line is; ending an item with its record is in flow/finish.h.
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
	RECORD_BAD,    /* why says what is wrong */
	RECORD_BARE,   /* text, or a JSON string */
	RECORD_OBJECT, /* a JSON object without a boolean ok */
	RECORD_RECORD, /* a JSON object with one */
};

struct record {
	enum record_kind kind;
	const char *why;   /* static */
	size_t why_at;     /* byte at which JSON is not valid */
	bool not_json;     /* why is json_check()'s */
	struct span line;  /* as given, borrowed */
	struct span value; /* of a JSON line: the value, trimmed; else empty */
	char *text;        /* of a bare line: the text, owned; else NULL */
	bool ok;           /* of a record */
	struct span error; /* of a record: its error member; empty if it has none */
};

/*
 * Return NULL if the line is JSON, else what is wrong, with *at set to where.
 * Strict, except for the job in a record, which is the service's own bytes:
 * json_check_loose().
 */
const char *record_check(struct span line, size_t *at);

/* Read an item's line, which must outlive the record. A bad line is RECORD_BAD. */
void record_read(struct record *r, const struct item *it);

/* Read an item that is a name (-0): never JSON, with any bytes but NUL. */
void record_read_name(struct record *r, const struct item *it);
void record_free(struct record *r);

/*
 * Return a string member of the object, decoded (the caller frees), or NULL. A
 * duplicate, a member that is not a string, or one with U+0000 in it makes the
 * record RECORD_BAD; a number is returned as its digits.
 */
char *record_text(struct record *r, const char *name);

/* Return why a bare line cannot be a job's id (static), or NULL. */
const char *record_not_an_id(const char *text);

/*
 * Set *id to the job id of a line, for tc-wait and tc-url: the record's id, or
 * the bare line itself. If the line has no usable id, or its job was made by
 * another provider, *id is NULL and the record RECORD_BAD. An object without
 * ok is a record from here on.
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
 * blocked: for one that waits for a person (job_blocked), too.
 */
bool record_goes_on(const struct record *r, bool blocked);

/* Append what is wrong with a RECORD_BAD, with the byte where JSON ends to make sense. */
void record_problem(struct buf *out, const struct record *r);

#endif
