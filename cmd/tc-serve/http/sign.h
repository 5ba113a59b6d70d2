/* Random ids and signed URLs. */
#ifndef TC_SERVE_HTTP_SIGN_H
#define TC_SERVE_HTTP_SIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Append n random bytes as hex. Exit 74 if the system cannot provide them. */
void random_hex(struct buf *out, size_t n);

/* Append a random UUID (RFC 9562, version 4). */
void random_uuid(struct buf *out);

/*
 * Append the signature of a method and a path, valid until `expires` (seconds
 * since 1970): 64 hex digits.
 */
void sign_path(struct buf *out, struct span secret, const char *method, struct span path,
	       int64_t expires);

/* Return true if sig is that signature and has not expired. Constant time. */
bool sign_check(struct span secret, const char *method, struct span path, struct span expires,
		struct span sig);

#endif
