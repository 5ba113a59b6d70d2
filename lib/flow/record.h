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
#include "flow/flow.h"
#include "json/json.h"

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
 * Ends the item with its record: the line's own object with the members set
 * (those with a value), or a new object with index, input and the members.
 * error NULL: ok is true.
 */
void item_finish(struct flow *f, struct item *it, const struct record *r, const struct json_member *set, size_t n,
		 const struct failure *error);

/*
 * What a filter of jobs does with a line first: reads it, passes one that has
 * failed, tells of a bad one. One whose job was only given up (interrupted,
 * timeout, not_attempted) is taken like any other. True: the item goes on, *id
 * is there (caller frees).
 */
bool item_read_job(struct flow *f, struct item *it, struct record *r, const char *provider, char **id);

/* Ends an item whose line came in with "ok":false: untouched. */
void item_pass_through(struct flow *f, struct item *it, const struct record *r);

/* Ends an item whose line is RECORD_BAD as invalid_input, saying where. */
void item_reject(struct flow *f, struct item *it, const struct record *r);

#endif
