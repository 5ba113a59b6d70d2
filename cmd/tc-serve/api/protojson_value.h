/* Checks single values of a message and writes them as the service does. */
#ifndef TC_SERVE_API_PROTOJSON_VALUE_H
#define TC_SERVE_API_PROTOJSON_VALUE_H

#include "api/protojson.h"
#include "base/buf.h"

struct proto_reader {
	struct violations *l;
	struct buf path; /* outputs[0].video[1].codec */
};

/* Add a violation at the current path. */
#define WRONG(r, ...) violation_add((r)->l, buf_cstr(&(r)->path), __VA_ARGS__)

/*
 * Find member `name` (snake_case) or its camelCase form; null counts as missing.
 * Return 1 if found, 0 if missing, -1 if it is there twice, in either form.
 */
int proto_get(struct span object, const char *name, struct span *value);

/* Check a value, and append it as the service writes it. */
void proto_string(struct proto_reader *r, struct span v, const struct proto_field *f,
		  struct buf *out);
void proto_number(struct proto_reader *r, struct span v, const struct proto_field *f,
		  struct buf *out);
void proto_bool(struct proto_reader *r, struct span v, struct buf *out);
void proto_enum(struct proto_reader *r, struct span v, const struct proto_field *f,
		struct buf *out);
void proto_time(struct proto_reader *r, struct span v, struct buf *out);
void proto_map(struct proto_reader *r, struct span v, const struct proto_field *f, struct buf *out);

#endif
