/* Bodies that go to a file below DIR/uploads as they come, and what --fault-on put does to them. */
#ifndef TC_SERVE_HTTP_TAKE_H
#define TC_SERVE_HTTP_TAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct call;

/*
 * Has the body of a call go to a new file of at most max bytes, which is gone
 * with the call unless take_keep() names it; end is called after the last
 * byte. False: the call is answered.
 */
bool take_new(struct call *c, int64_t max, void (*end)(struct call *c));

/* Do the same, but append to a file that stays whatever becomes of the call. */
bool take_append(struct call *c, const char *path, int64_t max, void (*end)(struct call *c));

/* Take the next piece. Return false if the connection is to be closed. */
bool take_data(struct call *c, const char *data, size_t n);

/* Give the new file its name. Return false, with the call answered, if that fails. */
bool take_keep(struct call *c, const char *path);

/* Append DIR/uploads/NAME. */
void take_path(const struct call *c, struct buf *out, const char *name);

/* Append the MD5 of what was taken, in quotes: an ETag as S3 has it. */
void take_etag(struct call *c, struct buf *out);

#endif
