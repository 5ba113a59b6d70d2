/* FFmpeg Micro's uploads: announced, sent to a signed URL, confirmed. */
#ifndef TC_SERVE_API_UPLOAD_H
#define TC_SERVE_API_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct call;

/* POST /v1/upload/presigned-url and /v1/upload/confirm. */
void upload_presign(struct call *c, struct span body);
void upload_confirm(struct call *c, struct span body);

/* Begin PUT /upload/NAME once its headers are there. */
void upload_begin(struct call *c);

/* Append a URL of a path, signed for that method and valid until `until`. */
void upload_url(struct call *c, struct buf *out, const char *method, const char *path,
		int64_t until);

/* Append a name for a file: random text, then the harmless characters of the client's name. */
void upload_server_name(struct buf *out, const char *filename);

#endif
