/* Finished files over HTTP: signed URLs, Range, content types. */
#ifndef TC_SERVE_HTTP_FILES_H
#define TC_SERVE_HTTP_FILES_H

#include <stdint.h>

#include "base/buf.h"

struct call;

/*
 * Appends a signed URL of a file below DIR/files, good for ttl microseconds.
 * For a file in a directory of its own (a playlist) the directory is signed,
 * so that the names in the playlist work as they stand.
 */
void files_url(const struct call *c, struct buf *out, const char *path, int64_t ttl);

/* Answers GET and HEAD of /files/PATH?expires=&sig= and /hls/EXPIRES/SIG/PATH. */
void files_get(struct call *c);

/* Answers with the file at `path` below DIR/files, permission being settled. */
void files_send(struct call *c, const char *path);

#endif
