/*
 * S3's uploads in parts, below DIR/multipart until they are complete. The
 * signature was checked before.
 */
#ifndef TC_SERVE_API_MULTIPART_H
#define TC_SERVE_API_MULTIPART_H

#include <stdbool.h>

struct call;

/* Return true for a request about such an upload. */
bool multipart_is(const struct call *c);

/* Begin PUT ?partNumber=N&uploadId=ID once its headers are there. */
void multipart_begin(struct call *c);

/* Handle POST ?uploads=, POST ?uploadId=ID and DELETE ?uploadId=ID. */
void multipart_call(struct call *c);

#endif
