/* Signature Version 4, as requests to S3 carry it: in the Authorization header or in the query. */
#ifndef TC_SERVE_API_SIGV4_H
#define TC_SERVE_API_SIGV4_H

#include <stdbool.h>

struct call;

/* Return whether the request carries such a signature. */
bool sigv4_is(const struct call *c);

/* Return NULL if its signature is valid, else S3's code for the error. */
const char *sigv4_error(const struct call *c);

#endif
