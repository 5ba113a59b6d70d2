/*
 * Objects in buckets, under DIR/buckets: by S3's calls, signed with Signature
 * Version 4, and by Google's sessions.
 */
#ifndef TC_SERVE_API_BUCKET_H
#define TC_SERVE_API_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct call;

/* Begin a request that sigv4_is(): PUT /BUCKET/KEY takes its body. End one: GET, HEAD, DELETE. */
void bucket_begin(struct call *c);
void bucket_call(struct call *c);

/* Handle POST /upload/storage/v1/b/BUCKET/o?uploadType=resumable&name=KEY with a valid token. */
bool bucket_is_google(const struct call *c);
void bucket_session(struct call *c);

#endif
