/* Random ids, and URLs that carry their own permission. */
#ifndef TC_SERVE_HTTP_SIGN_H
#define TC_SERVE_HTTP_SIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Appends n random bytes as hex. Exits 74 if the system has none to give. */
void random_hex(struct buf *out, size_t n);

/* Appends a random UUID (RFC 9562, version 4). */
void random_uuid(struct buf *out);

/* Appends the signature of one method on one path until `expires` (seconds since 1970), 64 hex digits. */
void sign_path(struct buf *out, struct span secret, const char *method, struct span path, int64_t expires);

/* True if sig is that signature and expires has not come. */
bool sign_check(struct span secret, const char *method, struct span path, struct span expires, struct span sig);

#endif
