/* Resumable uploads: sessions as Google Cloud Storage has them, and tus 1.0.0. */
#ifndef TC_SERVE_API_SESSION_H
#define TC_SERVE_API_SESSION_H

#include "base/buf.h"

struct call;

/* Handle POST to an upload's URL with x-goog-resumable: start. */
void session_start(struct call *c);

/* Respond 201 with the Location of a session for the upload of that name. */
void session_reply(struct call *c, const char *name);

/* Begin PUT /session/NAME or PATCH /tus/NAME once its headers are there. */
void session_begin(struct call *c);
void tus_begin(struct call *c);

/* Handle POST /tus and HEAD /tus/NAME. */
void tus_call(struct call *c);

#endif
