/* Command lines for ffmpeg and ffprobe. Nothing of a request becomes an option unless optlist.h lets it. */
#ifndef TC_SERVE_ENCODE_FFMPEG_H
#define TC_SERVE_ENCODE_FFMPEG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/strlist.h"
#include "encode/plan.h"

/* What a child calls the first of the files that it is handed open. */
#define FFMPEG_FIRST_FD "/dev/fd/3"

/* ffprobe on a source, or on a file of ours: JSON on stdout. */
void ffmpeg_probe(struct strings *w, const struct source *s);

/*
 * ffmpeg making `path` (absolute; its directory is there) from a plan whose
 * sources and probes are known: progress on stdout, errors on stderr. False
 * and *why (appended) if the sources cannot make that.
 */
bool ffmpeg_encode(struct strings *w, const struct plan *p, const char *path, struct buf *why);

/* How long the result will be, in seconds; 0 if unknown. */
double ffmpeg_seconds(const struct plan *p);

#endif
