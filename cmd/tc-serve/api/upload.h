/* FFmpeg Micro's uploads: announced, put by a signed URL, confirmed. */
#ifndef TC_SERVE_API_UPLOAD_H
#define TC_SERVE_API_UPLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct call;

/* POST /v1/upload/presigned-url and /v1/upload/confirm. */
void upload_presign(struct call *c, struct span body);
void upload_confirm(struct call *c, struct span body);

/* PUT /upload/NAME, when its headers are there. */
void upload_begin(struct call *c);

/* Append a signed URL of a path for that method, which ends at `until`. */
void upload_url(struct call *c, struct buf *out, const char *method, const char *path,
		int64_t until);

/* Append a name for a file: random, then what is harmless of the client's. */
void upload_server_name(struct buf *out, const char *filename);

#endif
