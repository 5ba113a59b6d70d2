/*
 * Objects in buckets on S3, compatible services and Google Cloud Storage. Keys
 * come from the environment variables that those services' own tools read.
 */
#ifndef TC_HTTP_STORAGE_H
#define TC_HTTP_STORAGE_H

#include <stdbool.h>

#include "base/buf.h"

struct http_response;

/* All owned. */
struct storage {
	bool google;
	char *endpoint;                 /* without a '/' at its end; NULL: the service's own */
	char *region, *userpwd, *sigv4; /* of S3; for http_stream */
	char *header[3];                /* lines that go with each request; NULL after the last */
};

/*
 * Read the keys of Google's storage or of S3. Return false, with the reason
 * appended, if a variable is not set or cannot be used.
 */
bool storage_open(struct storage *s, bool google, struct buf *why);
void storage_free(struct storage *s);

/* Return true if a response refuses the key itself, not only its use for an object. */
bool storage_refuses_key(const struct http_response *r);

/* Return true if the error in S3's response is one of these; the last is NULL. */
bool storage_says(const struct http_response *r, const char *const *codes);

/* Append the address that an object is read from; on S3 it is also replaced there. */
void storage_url(const struct storage *s, struct span bucket, struct span key, struct buf *url);

#endif
