/* Base64 (RFC 4648 section 4), for keys and signatures. */
#ifndef TC_BASE_BASE64_H
#define TC_BASE_BASE64_H

#include <stdbool.h>

#include "base/buf.h"

/* Append bytes encoded, with padding. */
void base64_encode(struct buf *out, struct span bytes);

/*
 * Append text decoded. Return false if it is not Base64. Padding is optional,
 * and "-_" may stand for "+/".
 */
bool base64_decode(struct buf *out, struct span text);

#endif
