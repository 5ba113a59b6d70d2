/* FFmpeg Micro's uploads: announced, put by a signed URL, confirmed. */
#ifndef TC_SERVE_API_UPLOAD_H
#define TC_SERVE_API_UPLOAD_H

#include <stddef.h>

#include "base/buf.h"

struct call;

/* POST /v1/upload/presigned-url and /v1/upload/confirm. */
void upload_presign(struct call *c, struct span body);
void upload_confirm(struct call *c, struct span body);

/* PUT /upload/NAME: once when the headers are there, for each piece, and at the end. */
void upload_begin(struct call *c);
void upload_data(struct call *c, const char *data, size_t n);
void upload_end(struct call *c);

#endif
