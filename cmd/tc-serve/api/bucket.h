/* Objects in buckets, under DIR/buckets: by S3's PUT and GET, signed with Signature Version 4, and
 * Google's sessions. */
#ifndef TC_SERVE_API_BUCKET_H
#define TC_SERVE_API_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct call;

/* Begin a request that sigv4_is(): PUT /BUCKET/KEY takes its body. End one: GET, HEAD, DELETE. */
void bucket_begin(struct call *c);
void bucket_call(struct call *c);

/* For multipart.c: refuse in S3's words; append the path of the request's object (false: there is
 * no key); keep its ETag beside it. */
void bucket_refuse(struct call *c, int status, const char *code);
bool bucket_path(const struct call *c, struct buf *out);
void bucket_set_etag(const struct call *c, struct span etag);

/* Also for multipart.c: return how long the content is that comes, and set how it is encoded. */
int64_t bucket_length(struct call *c);

/* POST /upload/storage/v1/b/BUCKET/o?uploadType=resumable&name=KEY, whose token is good. */
bool bucket_is_google(const struct call *c);
void bucket_session(struct call *c);

#endif
