/* Which call is meant, and what stands before all of them: rate, key, faults. */
#ifndef TC_SERVE_ROUTE_H
#define TC_SERVE_ROUTE_H

#include <stddef.h>

struct call;

/* Answer with an error in the words of the service that the path belongs to. */
void route_refuse(struct call *c, int status, const char *code, const char *domain, const char *message);

/* Refuses a call whose headers do not say in one way where its body ends. */
void route_unframed(struct call *c);

/* The headers are there. May answer already (c->status): an upload that is not allowed. */
void route_begin(struct call *c);

/* A piece of an upload. */
void route_upload_data(struct call *c, const char *data, size_t n);

/* All is there: answers. */
void route(struct call *c);

#endif
