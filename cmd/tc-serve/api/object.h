/* One object of a bucket: where it is, its ETag, and the refusal of a request for it. */
#ifndef TC_SERVE_API_OBJECT_H
#define TC_SERVE_API_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct call;

/* Respond with an error in S3's format. */
void object_refuse(struct call *c, int status, const char *code);

/* Return the length of the content that follows, and set how it is encoded. */
int64_t object_length(struct call *c);

/*
 * Append buckets/BUCKET/KEY, the key as one name, and make its directory.
 * Return false if the key is missing or the directory cannot be made.
 */
bool object_path_in(const struct call *c, struct buf *out, struct span bucket, const char *key);

/* Append the path of the request's object, from DIR on. Return false as above. */
bool object_path(const struct call *c, struct buf *out);

/*
 * Append the path of its ETag. No key is stored under such a name, because it
 * would be escaped. Return false as above.
 */
bool object_etag_path(const struct call *c, struct buf *out);

/* Store the ETag. Without one, that of the file is sent. */
void object_set_etag(const struct call *c, struct span etag);

#endif
