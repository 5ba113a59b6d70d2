/*
 * Requests as protobuf messages in JSON (proto3's mapping), read by tables:
 * each member is checked for its type and its rules, and the message written
 * anew as the service would write it.
 */
#ifndef TC_SERVE_API_PROTOJSON_H
#define TC_SERVE_API_PROTOJSON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* What is wrong with a request, member by member. All zero is an empty list. */
struct violations {
	struct violation {
		char *field, *what;
	} *v;
	size_t n;
};

void violation_add(struct violations *l, const char *field, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void violations_free(struct violations *l);

enum proto_kind {
	PROTO_STRING, PROTO_BOOL, PROTO_INT, PROTO_REAL, PROTO_ENUM, PROTO_MESSAGE, PROTO_TIME, PROTO_MAP,
	PROTO_NOT_DONE, /* part of the service, and not of tc-serve: refused if it asks for anything */
};

enum {
	PROTO_LIST = 1,
	PROTO_OPTIONAL = 2, /* left out where it is not set; the others have a default */
	PROTO_REQUIRED = 4,
	PROTO_STRICT = 8,   /* an enum whose unknown names are refused, not dropped */
};

struct proto_words {
	const char *prefix;       /* JOB_STATUS_ */
	const char *const *words; /* in lower case, by number; the first is unspecified; NULL at the end */
};

struct proto_message;

struct proto_field {
	const char *name; /* snake_case; camelCase is taken too */
	enum proto_kind kind;
	unsigned flags;
	double min, max;                 /* of a number, or of a string's characters; both 0: no rule */
	size_t list_min, list_max;       /* of a list or map; list_max 0: no rule */
	bool (*fits)(const char *text);  /* a rule for a string, which `rule` puts in words */
	const char *rule;
	const struct proto_words *words;
	const struct proto_message *message;
};

struct proto_message {
	const struct proto_field *fields; /* name NULL at the end */
	/* Rules over several members; at is the message's own path, empty for the request. NULL: none. */
	void (*check)(struct span message, const char *at, struct violations *l);
};

/* Appends the message as the service writes it; what is wrong goes to l. */
void proto_read(struct span json, const struct proto_message *m, struct buf *out, struct violations *l);

/* Appends JSON as Go writes a map: members by name, and & < > escaped. */
void proto_sorted(struct buf *out, struct span json);

/* Appends a double as JSON: its shortest form. */
void proto_real(struct buf *out, double v);

/* Adds a member that says v the way int64 is said: as a string. */
void proto_int64(struct buf *out, const char *name, long long v);

#endif
