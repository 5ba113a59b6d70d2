/* Finished files over HTTP: signed URLs, Range, content types. */
#ifndef TC_SERVE_HTTP_FILES_H
#define TC_SERVE_HTTP_FILES_H

#include <stdint.h>

#include "base/buf.h"

struct call;

/*
 * Append a signed URL of a file below DIR/files, valid for ttl microseconds.
 * For a playlist, which has a directory of its own, the directory is signed, so
 * that the relative names in it work.
 */
void files_url(const struct call *c, struct buf *out, const char *path, int64_t ttl);

/* Respond to GET and HEAD of /files/PATH?expires=&sig= and /hls/EXPIRES/SIG/PATH. */
void files_get(struct call *c);

/* Respond with the file at `path` below DIR/files. The caller has checked permission. */
void files_send(struct call *c, const char *path);

#endif
