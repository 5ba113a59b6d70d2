/* S3's uploads in parts, below DIR/multipart until they are complete. Requests are signed already.
 */
#ifndef TC_SERVE_API_MULTIPART_H
#define TC_SERVE_API_MULTIPART_H

#include <stdbool.h>

struct call;

/* Is it a request about such an upload? */
bool multipart_is(const struct call *c);

/* PUT ?partNumber=N&uploadId=ID, when the headers are there. */
void multipart_begin(struct call *c);

/* POST ?uploads=, POST ?uploadId=ID and DELETE ?uploadId=ID. */
void multipart_call(struct call *c);

#endif
