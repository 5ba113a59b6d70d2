/* POST /v1/files: a file in a form (multipart/form-data), as some services take them. */
#ifndef TC_SERVE_API_FORM_H
#define TC_SERVE_API_FORM_H

struct call;

/* When the headers are there, and the key is good. */
void form_begin(struct call *c);

#endif
