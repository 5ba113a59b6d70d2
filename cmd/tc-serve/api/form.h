/* POST /v1/files: a file in a form (multipart/form-data). */
#ifndef TC_SERVE_API_FORM_H
#define TC_SERVE_API_FORM_H

struct call;

/* Begin the call once its headers are there and its key is valid. */
void form_begin(struct call *c);

#endif
