/*
 * Requests as protobuf messages in JSON (proto3's mapping), read by tables: the
 * type and rules of each member are checked, and the message is written again as
 * the service would write it.
 */
#ifndef TC_SERVE_API_PROTOJSON_H
#define TC_SERVE_API_PROTOJSON_H

#include <stdbool.h>
#include <stddef.h>

#include "api/violations.h"
#include "base/buf.h"

enum proto_kind {
	PROTO_STRING,
	PROTO_BOOL,
	PROTO_INT,
	PROTO_REAL,
	PROTO_ENUM,
	PROTO_MESSAGE,
	PROTO_TIME,
	PROTO_MAP,
	PROTO_NOT_DONE, /* not supported by tc-serve: refused unless it asks for nothing */
};

enum {
	PROTO_LIST = 1,
	PROTO_OPTIONAL = 2, /* omitted if unset; the others have a default */
	PROTO_REQUIRED = 4,
	PROTO_STRICT =
		8, /* unknown names of an enum, or a false that is not supported, are refused */
};

struct proto_words {
	const char *prefix; /* JOB_STATUS_ */
	const char *const
		*words; /* in lower case, by number; the first is unspecified; NULL at the end */
};

struct proto_message;

struct proto_field {
	const char *name; /* snake_case; camelCase is accepted too */
	enum proto_kind kind;
	unsigned flags;
	double min, max; /* of a number, or of a string's length in characters; both 0: no rule */
	size_t list_min, list_max;      /* of a list or map; list_max 0: no rule */
	bool (*fits)(const char *text); /* a rule for a string; `rule` describes it */
	const char *rule;
	const struct proto_words *words;
	const struct proto_message *message;
};

struct proto_message {
	const struct proto_field *fields; /* name NULL at the end */
	/*
	 * Check rules across members; at is the path of the message, empty for
	 * the request. May be NULL.
	 */
	void (*check)(struct span message, const char *at, struct violations *l);
};

/* Append the message as the service writes it, and add violations to l. */
void proto_read(struct span json, const struct proto_message *m, struct buf *out,
		struct violations *l);

/* Append JSON as Go writes a map: members sorted by name, & < > escaped. */
void proto_sorted(struct buf *out, struct span json);

/* Append a double in its shortest form. */
void proto_real(struct buf *out, double v);

/* Add an int64 member, which protobuf writes as a string. */
void proto_int64(struct buf *out, const char *name, long long v);

#endif
