/*
 * Request bodies that are written to a file below DIR/uploads as they arrive,
 * and the faults of --fault-on put.
 */
#ifndef TC_SERVE_HTTP_TAKE_H
#define TC_SERVE_HTTP_TAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct call;

/*
 * Write the body of a call to a new file of at most max bytes, which is removed
 * with the call unless take_keep() names it. end is called after the last byte.
 * Return false, with the call answered, on failure.
 */
bool take_new(struct call *c, int64_t max, void (*end)(struct call *c));

/* Do the same, but append to a file that stays even if the call fails. */
bool take_append(struct call *c, const char *path, int64_t max, void (*end)(struct call *c));

/* Take the next piece. Return false if the connection is to be closed. */
bool take_data(struct call *c, const char *data, size_t n);

/* Give the new file its name. Return false, with the call answered, if that fails. */
bool take_keep(struct call *c, const char *path);

/* Append DIR/uploads/NAME. */
void take_path(const struct call *c, struct buf *out, const char *name);

/* Append the MD5 of the bytes taken, in quotes: an ETag as S3 makes it. */
void take_etag(struct call *c, struct buf *out);

#endif
