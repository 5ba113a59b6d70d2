/*
 * Command lines for ffmpeg and ffprobe. Nothing of a request becomes an option
 * unless allowlist.h allows it.
 */
#ifndef TC_SERVE_ENCODE_FFMPEG_H
#define TC_SERVE_ENCODE_FFMPEG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/strlist.h"
#include "encode/plan.h"

/* The child's name of the first file that is passed to it open. */
#define FFMPEG_FIRST_FD "/dev/fd/3"

/* Build an ffprobe command for a source or for our own file; it prints JSON. */
void ffmpeg_probe(struct strings *w, const struct source *s);

/*
 * Build an ffmpeg command that makes `path` (absolute, in an existing directory)
 * from a plan whose sources and probes are known. It prints progress on stdout
 * and errors on stderr. Return false, and append to *why, if the sources do not
 * suffice.
 */
bool ffmpeg_encode(struct strings *w, const struct plan *p, const char *path, struct buf *why);

/* Return the expected duration of the result in seconds; 0 if unknown. */
double ffmpeg_seconds(const struct plan *p);

#endif
